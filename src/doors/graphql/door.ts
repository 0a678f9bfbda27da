import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import {
  apiKey,
  authenticate,
  bearerToken,
  openWhileOff,
} from '../../authentication/authenticate.ts';
import { type Context, contextOf } from '../../core/context.ts';
import type { RequestInfo } from '../../core/request.ts';
import { AppError } from '../../core/errors.ts';
import { readBody } from '../http/body.ts';
import { deviceCookieHeader } from '../http/device-cookie.ts';
import type { Edge } from '../http/edge.ts';
import { isStream, type StreamSender } from '../http/event-stream.ts';
import { answerRequest, sendResponse } from '../http/fetch.ts';
import type { Handler } from '../http/handler.ts';
import { sendFailure, toAppError } from '../http/problem.ts';
import { endTogether } from '../http/together.ts';
import { type MaybePromise, whenReady } from '../../core/maybe-promise.ts';
import type { Services } from '../../core/services.ts';
import { toGraphqlError } from './errors.ts';
import { createExecute } from './execute.ts';
import { createGraphiqlPage, wantsPage } from './graphiql.ts';
import { JSON_TYPE, parseParams, parseQuery, PLAIN_ACCEPT, requireReadable } from './request.ts';
import type { Engine, Executed, GraphqlServer } from './yoga.ts';

const ROUTE = { door: 'graphql', route: '/graphql' };

/** What requests pass on their way in, and streams on their way out. */
interface Pipeline {
  readonly edge: Edge;
  readonly engine: Engine;
  readonly streams: StreamSender;
}

/** Answers `/graphql`: GraphQL over HTTP and, where it is on, GraphiQL. */
export function createGraphqlDoor(
  services: Services,
  pipeline: Pipeline,
  yoga: GraphqlServer,
): Handler {
  const { edge } = pipeline;
  const answer = createAnswer(services, pipeline, yoga);
  const sendPage = services.config.graphiql ? createGraphiqlPage() : undefined;

  return async (req, res, info, time) => {
    services.telemetry.routed(info, ROUTE);
    try {
      if (sendPage && wantsPage(req)) {
        edge.setHeaders(res, info);
        await sendPage(res);
      } else {
        if (req.method !== 'OPTIONS' && edge.isForeign(req)) {
          throw new AppError('CROSS_SITE_REQUEST');
        }
        await answer(req, res, info, time);
      }
    } catch (error) {
      if (!res.headersSent) edge.setHeaders(res, info);
      refuse(req, res, toAppError(services.log, error, info.id));
    }
  };
}

/**
 * The plain case (POST, one operation, an answer without errors) is written at once, for Yoga's fetch
 * layer costs several times as much. Any other result is written by Yoga, which weighs what the client
 * accepts and streams what comes of a subscription.
 */
function createAnswer(
  services: Services,
  { edge, streams, engine }: Pipeline,
  yoga: GraphqlServer,
): (...args: Parameters<Handler>) => Promise<void> {
  const execute = createExecute(services, yoga, engine);
  const takesIds = engine.documents !== undefined;

  return async (req, res, info, time) => {
    requireReadable(req);
    const method = req.method === 'POST' ? 'POST' : 'GET';
    const body =
      method === 'POST'
        ? await time.afterBody(readBody(req, res, services.config.bodyLimitBytes))
        : undefined;
    const params = body ? parseParams(body) : parseQuery(req.url ?? '', takesIds);
    const ready = createContext(services, req, info);
    const executing = whenReady(ready, (app) => execute(method, params, app));
    const executed = await time.within(Promise.resolve(executing));
    const mediaType = PLAIN_ACCEPT.get(req.headers.accept);
    keepDevice(services, res, info);
    if (mediaType && isPlainResult(executed)) {
      sendResult(res, edge, info, mediaType, executed);
      return;
    }
    edge.setHeaders(res, info);
    const response = await yoga.fetch(answerRequest(req, res), { executed });
    time.met();
    if (!isStream(response)) {
      await sendResponse(res, response);
      return;
    }
    const { actor } = await ready;
    const requestBytes = body?.byteLength ?? 0;
    await streams.send(res, response, { actor, ipAddress: info.ipAddress, requestBytes });
  };
}

const STRATEGIES = [openWhileOff, apiKey, bearerToken];

function createContext(
  services: Services,
  req: IncomingMessage,
  request: RequestInfo,
): MaybePromise<Context> {
  const { authorization } = req.headers;
  const credentials = { authorization, cookie: undefined };
  return whenReady(authenticate(services, STRATEGIES, credentials), (actor) =>
    contextOf(services, actor, request),
  );
}

/** Has a browser that signed in keep its device token. */
function keepDevice({ config }: Services, res: ServerResponse, { answer }: RequestInfo): void {
  const token = answer?.deviceToken;
  if (token === undefined) return;
  res.appendHeader('set-cookie', deviceCookieHeader(token, config.publicUrl.startsWith('https:')));
}

function isPlainResult(result: Executed): result is ExecutionResult {
  return 'data' in result && result.errors === undefined && result.extensions === undefined;
}

function sendResult(
  res: ServerResponse,
  edge: Edge,
  info: RequestInfo,
  mediaType: string,
  result: ExecutionResult,
): void {
  const body = JSON.stringify(result);
  const own = [
    'content-type',
    `${mediaType}; charset=utf-8`,
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
  ];
  res.writeHead(200, edge.rawHeaders(info, own));
  endTogether(res, body);
}

/** Answers, as GraphQL does, a request that never became one. */
function refuse(req: IncomingMessage, res: ServerResponse, error: AppError): void {
  if (error.code === 'METHOD_NOT_ALLOWED') res.setHeader('allow', 'GET, POST');
  const mediaType = PLAIN_ACCEPT.get(req.headers.accept) ?? JSON_TYPE;
  sendFailure(res, error, mediaType, { errors: [toGraphqlError(error)] });
}
