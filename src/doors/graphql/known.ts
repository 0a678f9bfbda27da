import {
  type DocumentNode,
  type ExecutionResult,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import type { Context } from '../../core/context.ts';
import { type BoundedEngine, isLarge } from './bounded.ts';
import type { Check } from './checks.ts';
import type { GraphqlParams } from './request.ts';
import { schema } from './schema.ts';

/** The documents that have been through Yoga's pipeline, and were found good, need not go there again. */
export interface KnownDocuments {
  /** What has to be looked at each time. */
  readonly checks: readonly Check[];
  /** Keeps what Yoga finds valid, and has it neither parsed nor validated again. */
  readonly plugin: Plugin;
  /** How many documents are kept, and what they take. */
  readonly size: () => { readonly entries: number; readonly bytes: number };
  /**
   * Executes a query or a mutation of a known document; its errors are yet to be masked. Undefined, with
   * nothing done, where the request is anything else.
   */
  readonly execute: (
    params: GraphqlParams,
    contextValue: Context,
  ) => Promise<ExecutionResult> | undefined;
}

/** What a token of a document takes once it is parsed, and a character that may be a comment's. */
const TOKEN_BYTES = 512;
const CHARACTER_BYTES = 64;
const BOUNDS = {
  entries: 1000,
  bytes: 2 ** 25,
  bytesOf: ({ tokenCount = 0 }: DocumentNode, text: string) =>
    tokenCount * TOKEN_BYTES + text.length * CHARACTER_BYTES + bytesOfTexts(text),
} as const;

export function createKnownDocuments(
  engine: BoundedEngine,
  checks: readonly Check[],
): KnownDocuments {
  const kept = createCache<DocumentNode>(BOUNDS);
  /** Those that are kept, and those of clients that the server was started with. */
  const valid = new WeakSet<DocumentNode>();

  const keep = (document: DocumentNode) => {
    valid.add(document);
    const text = document.loc?.source.body;
    if (text !== undefined && !isLarge(text)) kept.set(text, document);
  };

  return {
    checks,
    plugin: {
      onParse: ({ params, setParsedDocument }) => {
        const document = kept.get(String(params.source));
        if (document) setParsedDocument(document);
      },
      onValidate: ({ params, setResult }) => {
        const document = params.documentAST as DocumentNode;
        if (valid.has(document)) setResult([]);
        return (found) => {
          if (found.valid) keep(document);
        };
      },
    },
    size: kept.size,
    execute: (params, contextValue) => {
      if (!isPlain(params)) return undefined;
      const { query } = params;
      const document = typeof query === 'string' ? kept.get(query) : undefined;
      if (!document) return undefined;
      const operationName = params.operationName ?? undefined;
      const operation = getOperationAST(document, operationName);
      if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
      const variableValues = params.variables ?? undefined;
      const args = { schema, document, operationName, variableValues, contextValue };
      for (const check of checks) {
        const error = check(args);
        if (error) return Promise.resolve({ errors: [error] });
      }
      return Promise.resolve(engine.execute(args));
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
