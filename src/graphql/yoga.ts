import {
  execute,
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Log } from '../adapters/log.ts';
import type { Context, Stop } from '../context.ts';
import type { Services } from '../services.ts';
import { useChecks } from './checks.ts';
import { createErrorMask, logUnexpected, withoutValue } from './errors.ts';
import { createKnownDocuments, type KnownDocuments } from './known.ts';
import { createLimits, type Limits } from './limits.ts';
import { checkOnce } from './once.ts';
import { schema } from './schema.ts';
import { type TrustedDocuments, useTrustedDocuments } from './trusted-documents.ts';

/** What a request brings along besides its GraphQL. */
export interface ServerContext {
  readonly app: Context;
  /** The result, where the short cut has executed already and only the answer is left to write. */
  readonly executed?: Executed | undefined;
}

/** A result, or those of a subscription as they come. */
export type Executed = ExecutionResult | AsyncIterable<ExecutionResult>;

/** What stands around the engine, at whichever entrance. */
export interface Engine {
  readonly documents: TrustedDocuments | undefined;
  readonly limits: Limits;
  readonly known: KnownDocuments;
}

export function createEngine(documents: TrustedDocuments | undefined): Engine {
  const limits = createLimits(schema);
  return { documents, limits, known: createKnownDocuments([limits.check, checkOnce]) };
}

/** GraphQL Yoga over the one schema: parsing, validation, execution and GraphQL-over-HTTP. */
export function createGraphqlServer(
  { config, log }: Services,
  { documents, limits, known }: Engine,
) {
  return createYoga<ServerContext, Context>({
    schema,
    context: ({ app }) => app,
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
    parserAndValidationCache: { documentCache: known.parsed },
    plugins: [
      useExecutedResult(),
      useExecute(),
      useSignal(),
      ...(documents ? [useTrustedDocuments(documents)] : []),
      limits.plugin,
      known.plugin,
      useWithoutValues(),
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

/** GraphQL.js executes, as in the short cut: Yoga's own engine costs a small request more. */
function useExecute(): ServerPlugin {
  return { onExecute: ({ setExecuteFn }) => setExecuteFn(execute) };
}

/** Sends nothing more to whom nobody waits for. */
function useSignal(): ServerPlugin {
  return {
    onSubscribe: (hook: { args: object }) => {
      const args = hook.args as { readonly contextValue: Context; signal?: Stop | undefined };
      args.signal = args.contextValue.request.signal;
    },
  };
}

/** What does not parse or is not valid is answered as it is, past the mask. */
function useWithoutValues(): ServerPlugin {
  return {
    onParse:
      () =>
      ({ result, replaceParseResult }) => {
        if (result instanceof GraphQLError) replaceParseResult(withoutValue(result));
      },
    onValidate:
      () =>
      ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).map(withoutValue));
      },
  };
}

function useUnexpectedErrorLog(log: Log): ServerPlugin {
  return {
    onExecutionResult: ({ result, context }) => {
      if (context.executed) return;
      logUnexpected(log, errorsOf(result), context.app.request.id);
    },
  };
}

/** Answers nothing about the schema: neither introspection nor what a misspelt name might have meant. */
function useHiddenSchema(): ServerPlugin {
  return {
    onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
    onExecutionResult: ({ result }) => {
      for (const error of errorsOf(result)) {
        error.message = error.message.replace(/ Did you mean [^?]*\?/g, '');
      }
    },
  };
}

function errorsOf(result: unknown): NonNullable<ExecutionResult['errors']> {
  return (result as ExecutionResult | undefined)?.errors ?? [];
}
