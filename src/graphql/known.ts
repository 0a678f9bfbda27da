import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Context } from '../context.ts';
import type { Check } from './checks.ts';
import type { GraphqlParams } from './request.ts';
import { schema } from './schema.ts';

/** The documents that have been through Yoga's pipeline, and were found good, need not go there again. */
export interface KnownDocuments {
  /** What Yoga has parsed; it keeps it here. */
  readonly parsed: LRUCache<string, DocumentNode>;
  /** What has to be looked at each time. */
  readonly checks: readonly Check[];
  /** Takes note of what Yoga finds valid. */
  readonly plugin: Plugin;
  /**
   * Executes a query or a mutation of a known document with the same engine; its errors are yet to be
   * masked. Undefined, with nothing done, where the request is anything else or a check has something
   * against it: the pipeline has the words for that.
   */
  readonly execute: (
    params: GraphqlParams,
    contextValue: Context,
  ) => Promise<ExecutionResult> | undefined;
}

const MOST = 1000;

export function createKnownDocuments(checks: readonly Check[]): KnownDocuments {
  const parsed = new LRUCache<string, DocumentNode>({ max: MOST });
  const valid = new WeakSet<DocumentNode>();

  const find = ({ query }: GraphqlParams) => {
    const document = typeof query === 'string' ? parsed.get(query) : undefined;
    return document && valid.has(document) ? document : undefined;
  };

  return {
    parsed,
    checks,
    plugin: {
      onValidate:
        ({ params }) =>
        (found) => {
          if (found.valid) valid.add(params.documentAST as DocumentNode);
        },
    },
    execute: (params, contextValue) => {
      if (!isPlain(params)) return undefined;
      const document = find(params);
      if (!document) return undefined;
      const operationName = params.operationName ?? undefined;
      const operation = getOperationAST(document, operationName);
      if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
      const variableValues = params.variables ?? undefined;
      const args = { schema, document, operationName, variableValues, contextValue };
      if (checks.some((check) => check(args))) return undefined;
      return Promise.resolve(execute(args));
    },
  };
}

interface PlainParams extends GraphqlParams {
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

const PLAIN = new Set(['query', 'operationName', 'variables', 'extensions', 'documentId']);

/** Whether there is nothing about the members of a request that anybody could object to. */
function isPlain(params: GraphqlParams): params is PlainParams {
  for (const name in params) if (!PLAIN.has(name)) return false;
  const { operationName, variables, extensions } = params;
  return (
    (operationName === undefined || operationName === null || typeof operationName === 'string') &&
    isObjectOrNothing(variables) &&
    isObjectOrNothing(extensions)
  );
}

function isObjectOrNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value))
  );
}
