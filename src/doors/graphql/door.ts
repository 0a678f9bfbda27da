import { GraphQLError, OperationTypeNode } from 'graphql';
import { apiKey, bearerToken, openWhileOff } from '../../authentication/authenticate.ts';
import type { Config } from '../../config/config.ts';
import { type AppError, ERRORS } from '../../core/errors.ts';
import { type MaybePromise, whenReady } from '../../core/maybe-promise.ts';
import {
  type Call,
  type Endpoint,
  type FetchReply,
  type HttpReply,
  jsonReply,
} from '../http/endpoint.ts';
import { attempt, type Engine, type KindCheck, runRequest } from './engine.ts';
import { toGraphqlError } from './errors.ts';
import type { Executed } from './mask.ts';
import { graphiqlEndpoint } from './graphiql.ts';
import { JSON_TYPE, PLAIN_ACCEPT, parseParams, parseQuery, requireReadable } from './request.ts';
import { createGraphqlServer } from './yoga.ts';

const PATHS = ['/graphql', '/graphql/'];

/** GraphQL over HTTP and, where it is on, GraphiQL. */
export function graphqlEndpoints(config: Config, engine: Engine): readonly Endpoint[] {
  const page = graphiqlEndpoint();
  const answer = createAnswer(engine);
  const common = {
    route: { door: 'graphql', route: '/graphql' },
    strategies: [openWhileOff, apiKey, bearerToken],
    refusesForeignPages: true,
    check: requireReadable,
    answer,
    failure,
  } as const;
  return PATHS.flatMap((path) => [
    ...(config.graphiql ? [{ ...page, path }] : []),
    { ...common, path, methods: ['GET'] },
    { ...common, path, methods: ['POST'], readsBody: true },
  ]);
}

/**
 * The plain result (one operation, no errors) is a text at once, for Yoga's fetch layer costs several times
 * as much. Yoga writes any other: it weighs what the client accepts, and streams a subscription.
 */
function createAnswer(engine: Engine): Endpoint['answer'] {
  const yoga = createGraphqlServer();

  const reply = (executed: Executed, { req, whenLeft }: Call): MaybePromise<Answered> => {
    const { accept } = req.headers;
    const mediaType = PLAIN_ACCEPT.get(accept);
    if (mediaType !== undefined && isPlain(executed)) {
      return {
        status: 200,
        headers: { 'content-type': `${mediaType}; charset=utf-8` },
        body: JSON.stringify(executed),
      };
    }
    return yoga
      .respond(executed, { accept, signal: whenLeft() })
      .then((response) => ({ response }));
  };

  return (ctx, call) => {
    const { body, req } = call;
    const params = body ? parseParams(body) : parseQuery(req.url ?? '', engine.takesIds);
    const refuseKind = body ? TAKES_ALL : REFUSES_MUTATIONS;
    const executing = attempt(engine, () =>
      yoga.answer(engine.resolve(params), (request) =>
        runRequest(engine, request, ctx, refuseKind),
      ),
    );
    return whenReady(executing, (executed) => reply(executed, call));
  };
}

type Answered = HttpReply | FetchReply;

const TAKES_ALL: KindCheck = () => undefined;

/** By GET nothing is changed. */
const REFUSES_MUTATIONS: KindCheck = (kind) =>
  kind === OperationTypeNode.MUTATION
    ? new GraphQLError('Can only perform a mutation operation from a POST request.', {
        extensions: {
          code: 'METHOD_NOT_ALLOWED',
          http: { status: 405, headers: { Allow: 'POST' } },
        },
      })
    : undefined;

function isPlain(result: Executed): boolean {
  return 'data' in result && result.errors === undefined && result.extensions === undefined;
}

/** A request that never became one of GraphQL. */
function failure(error: AppError, { req }: Call): HttpReply {
  const mediaType = PLAIN_ACCEPT.get(req.headers.accept) ?? JSON_TYPE;
  return jsonReply(
    ERRORS[error.code].status,
    { errors: [toGraphqlError(error)] },
    `${mediaType}; charset=utf-8`,
  );
}
