import {
  type ExecutionArgs,
  type ExecutionResult,
  NoSchemaIntrospectionCustomRule,
  type SubscriptionArgs,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Log } from '../../adapters/log.ts';
import type { Config } from '../../config/config.ts';
import type { Context } from '../../core/context.ts';
import { whenReady } from '../../core/maybe-promise.ts';
import type { Services } from '../../core/services.ts';
import { type BoundedEngine, createBoundedEngine, withFewErrors } from './bounded.ts';
import { useChecks } from './checks.ts';
import { createErrorMask, logUnexpected } from './errors.ts';
import { createKnownDocuments, type KnownDocuments } from './known.ts';
import { createLimits } from './limits.ts';
import { checkOnce } from './once.ts';
import { schema } from './schema.ts';
import { type TrustedDocuments, useTrustedDocuments } from './trusted-documents.ts';

/** What a request brings along: whose it is or, where only the answer is left to write, the result. */
export type ServerContext =
  | { readonly app: Context; readonly executed?: undefined }
  | { readonly app?: undefined; readonly executed: Executed };

/** A result, or those of a subscription as they come. */
export type Executed = ExecutionResult | AsyncIterable<ExecutionResult>;

/** What stands around the engine, at whichever entrance. */
export interface Engine {
  readonly documents: TrustedDocuments | undefined;
  readonly bounded: BoundedEngine;
  readonly known: KnownDocuments;
}

/** Where the schema is closed, no error tells what a misspelt name might have meant. */
export function createEngine(
  { introspection }: Config,
  documents: TrustedDocuments | undefined,
): Engine {
  const limits = createLimits(schema);
  const bounded = createBoundedEngine([limits.rule], !introspection);
  return { documents, bounded, known: createKnownDocuments(bounded, [limits.check, checkOnce]) };
}

/** GraphQL Yoga over the one schema: parsing, validation, execution and GraphQL-over-HTTP. */
export function createGraphqlServer(
  { config, log }: Services,
  { documents, bounded, known }: Engine,
) {
  return createYoga<ServerContext, Context>({
    schema,
    context: ({ app }) => app as Context,
    graphqlEndpoint: '/graphql',
    maskedErrors: { maskError: createErrorMask(log) },
    // The door serves the page, with the policy that it needs.
    graphiql: false,
    // The edge has read and bounded the body before it comes here.
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    logging: false,
    // It would keep as many texts as it likes, and what is wrong with them: see `known`.
    parserAndValidationCache: false,
    plugins: [
      useExecutedResult(),
      useBounded(bounded),
      ...(documents ? [useTrustedDocuments(documents)] : []),
      known.plugin,
      useChecks(known.checks),
      useUnexpectedErrorLog(log),
      ...(config.introspection ? [] : [useHiddenSchema()]),
    ],
  });
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

type ServerPlugin = Plugin<object, ServerContext>;

function useExecutedResult(): ServerPlugin {
  return {
    onParams: ({ context, setResult }) => {
      if (context.executed) setResult(context.executed);
    },
  };
}

/** graphql-js with its bounds, as in the short cut: Yoga's own engine costs a small request more. */
function useBounded({ parse, validate, execute, subscribe }: BoundedEngine): ServerPlugin {
  return {
    onParse: ({ setParseFn }) => setParseFn(parse),
    onValidate: ({ setValidationFn }) => setValidationFn(validate),
    onExecute: ({ setExecuteFn }) =>
      setExecuteFn((args: ExecutionArgs) => whenReady(execute(args), withFewErrors)),
    onSubscribe: ({ setSubscribeFn }) =>
      setSubscribeFn((args: SubscriptionArgs) => {
        (args.contextValue as Context).request.signal?.throwIfAborted();
        return subscribe(args);
      }),
  };
}

function useUnexpectedErrorLog(log: Log): ServerPlugin {
  return {
    onExecutionResult: ({ result, context }) => {
      if (context.app) logUnexpected(log, errorsOf(result), context.app.request.id);
    },
  };
}

/** Answers nothing about the schema. */
function useHiddenSchema(): ServerPlugin {
  return {
    onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
  };
}

function errorsOf(result: unknown): NonNullable<ExecutionResult['errors']> {
  return (result as ExecutionResult | undefined)?.errors ?? [];
}
