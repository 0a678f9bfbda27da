import type { ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import type { Services } from '../services.ts';
import { createErrorMask } from './errors.ts';
import { graphiqlOptions } from './graphiql.ts';
import { schema } from './schema.ts';

/** What a request brings along besides its GraphQL. */
export interface ServerContext {
  readonly app: Context;
  /** The result, where the short cut has executed already and only the answer is left to write. */
  readonly executed?: ExecutionResult | undefined;
}

/** GraphQL Yoga over the one schema: parsing, validation, execution and GraphQL-over-HTTP. */
export function createGraphqlServer({ config, log }: Services) {
  return createYoga<ServerContext, Context>({
    schema,
    context: ({ app }) => app,
    graphqlEndpoint: '/graphql',
    maskedErrors: { maskError: createErrorMask(log) },
    graphiql: config.graphiql ? graphiqlOptions : false,
    renderGraphiQL: async (options) => {
      const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
      return renderGraphiQL(options);
    },
    // The edge has read and bounded the body before it comes here.
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    healthCheckEndpoint: '/graphql/health',
    logging: false,
    plugins: [useExecutedResult()],
  });
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

function useExecutedResult(): Plugin<object, ServerContext> {
  return {
    onParams: ({ context, setResult }) => {
      if (context.executed) setResult(context.executed);
    },
  };
}
