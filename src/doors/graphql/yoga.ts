import { createYoga, type Plugin } from 'graphql-yoga';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { GraphqlRequest } from './engine.ts';
import type { Executed } from './mask.ts';
import type { GraphqlParams } from './request.ts';

/** GraphQL over HTTP: what the members of a request may be, and how a result is written. */
export interface Yoga {
  /** Has `run` execute a request whose members are those of GraphQL. @throws GraphQLError */
  readonly answer: (params: GraphqlParams, run: Run) => MaybePromise<Executed>;
  /** Writes a result in a media type that the client accepts. */
  readonly respond: (executed: Executed, asked: Asked) => Promise<Response>;
}

type Run = (request: GraphqlRequest) => MaybePromise<Executed>;

interface Asked {
  readonly accept: string | undefined;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

interface ServerContext {
  readonly run: Run;
}

const URL = 'http://localhost/graphql';
const JSON_TYPE = 'application/json';
const NOTHING = JSON.stringify({ query: '{ __typename }' });

/** GraphQL Yoga around the engine, which takes the place of its own. */
export function createGraphqlServer(): Yoga {
  const yoga = createYoga<ServerContext>({
    graphqlEndpoint: '/graphql',
    // The engine masks.
    maskedErrors: false,
    // The page is an endpoint of its own, with the policy that it needs.
    graphiql: false,
    // The pipeline has read and bounded the body before it comes here.
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    logging: false,
    // It would keep as many texts as it likes, and what is wrong with them: see `documents`.
    parserAndValidationCache: false,
    plugins: [useRun()],
  });
  const request = new Request(URL);

  return {
    answer: (params, run) =>
      yoga.getResultForParams({ params, request }, { run }) as MaybePromise<Executed>,
    respond: async (executed, { accept, signal }) => {
      const asked = new Request(URL, {
        method: 'POST',
        headers: { 'content-type': JSON_TYPE, ...(accept !== undefined && { accept }) },
        signal,
        body: NOTHING,
      });
      return yoga.fetch(asked, { run: () => executed });
    },
  };
}

function useRun(): Plugin<object, ServerContext> {
  return {
    onParams: ({ setParamsHandler }) =>
      setParamsHandler((({ params, context }: { params: GraphqlRequest; context: ServerContext }) =>
        context.run(params)) as never),
  };
}
