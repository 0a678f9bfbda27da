import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type OperationTypeNode,
} from 'graphql';
import type { Log } from '../../adapters/log.ts';
import type { Config } from '../../config/config.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { isPromise, type MaybePromise, whenReady } from '../../core/maybe-promise.ts';
import { createBoundedEngine, parseBounded } from './bounded.ts';
import { createDocuments } from './documents.ts';
import { createResultMask, type Executed } from './mask.ts';
import { createLimits } from './limits.ts';
import { checkOnce } from './once.ts';
import type { GraphqlParams } from './request.ts';
import { schema } from './schema.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** The steps of a GraphQL request, in their order. HTTP and WebSocket take them all. */
export interface Engine {
  /** Whether a document may be named by its id. */
  readonly takesIds: boolean;
  /** Puts a document in place of the id that names it. @throws GraphQLError */
  readonly resolve: (params: GraphqlParams) => GraphqlParams;
  /** @throws GraphQLError */
  readonly parse: (text: string) => DocumentNode;
  /** The first faults of a document; none where it is valid. */
  readonly validate: (document: DocumentNode) => readonly GraphQLError[];
  /** Why an operation is not executed with these variables. */
  readonly limit: (args: ExecutionArgs) => GraphQLError | undefined;
  /** Executes or subscribes; errors are as graphql-js makes them. */
  readonly execute: (args: ExecutionArgs) => MaybePromise<Executed>;
  /** The result as a client sees it: few errors, each with a code and none with a secret. */
  readonly mask: (executed: Executed, requestId: string) => Executed;
  /** What a client sees of an error that is the whole result. */
  readonly refuse: (error: unknown) => ExecutionResult;
}

/** Where the schema is closed, no error tells what a misspelt name might have meant. */
export function createEngine(
  { introspection }: Config,
  log: Log,
  trusted: TrustedDocuments | undefined,
): Engine {
  const limits = createLimits(schema);
  const bounded = createBoundedEngine([limits.rule], !introspection);
  const documents = createDocuments({
    parse: (text) => trusted?.parsed(text) ?? parseBounded(text),
    validate: (document) => bounded.validate(schema, document),
  });
  const mask = createResultMask(log);
  return {
    takesIds: trusted !== undefined,
    resolve: (params) => trusted?.resolve(params) ?? params,
    parse: documents.parse,
    validate: documents.validate,
    limit: (args) => limits.check(args) ?? checkOnce(args),
    execute: bounded.execute,
    mask: mask.result,
    refuse: mask.refusal,
  };
}

/** What a request asks for, which its document and its members say together. */
export interface GraphqlRequest extends GraphqlParams {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

/** Says why a door does not take a kind of operation. */
export type KindCheck = (kind: OperationTypeNode) => GraphQLError | undefined;

/**
 * A request up to its execution: what is executed, or why nothing is, yet to be masked.
 * @throws GraphQLError
 */
export function prepare(
  engine: Engine,
  { query, operationName, variables }: GraphqlRequest,
  contextValue: Context,
  refuseKind: KindCheck,
): ExecutionArgs | readonly [GraphQLError, ...GraphQLError[]] {
  const document = engine.parse(query);
  const operation = getOperationAST(document, operationName);
  if (!operation) return [UNRESOLVED];
  const [fault, ...more] = engine.validate(document);
  if (fault) return [fault, ...more];
  const refusal = refuseKind(operation.operation);
  if (refusal) return [refusal];
  const args: ExecutionArgs = {
    schema,
    document,
    contextValue,
    operationName: operationName ?? undefined,
    variableValues: variables ?? undefined,
  };
  const excess = engine.limit(args);
  return excess ? [excess] : args;
}

/** A whole request. @throws AppError, GraphQLError */
export function runRequest(
  engine: Engine,
  request: GraphqlRequest,
  app: Context,
  refuseKind: KindCheck,
): MaybePromise<Executed> {
  const args = prepare(engine, request, app, refuseKind);
  app.request.signal?.throwIfAborted();
  const executed = 'schema' in args ? engine.execute(args) : { errors: args };
  return whenReady(executed, (result) => engine.mask(result, app.request.id));
}

/** What comes of `work`. An error of GraphQL is a result too; one of the server goes on. @throws AppError */
export function attempt(
  engine: Engine,
  work: () => MaybePromise<Executed>,
): MaybePromise<Executed> {
  const refuse = (error: unknown) => {
    if (error instanceof AppError) throw error;
    return engine.refuse(error);
  };
  try {
    const executed = work();
    return isPromise(executed) ? executed.then(undefined, refuse) : executed;
  } catch (error) {
    return refuse(error);
  }
}

const UNRESOLVED = new GraphQLError('Could not determine what operation to execute.', {
  extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
});
