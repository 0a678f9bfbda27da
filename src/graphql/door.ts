import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { apiKey, authenticate, bearerToken, openWhileOff } from '../access/authenticate.ts';
import { type Context, contextOf, type RequestInfo } from '../context.ts';
import type { AppError } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { deviceCookieHeader } from '../http/device-cookie.ts';
import type { Edge } from '../http/edge.ts';
import { sendResponse, toFetchRequest } from '../http/fetch.ts';
import type { Handler } from '../http/handler.ts';
import { sendFailure, toAppError } from '../http/problem.ts';
import { limitTime } from '../http/time-limit.ts';
import { endTogether } from '../http/together.ts';
import { isPromise, type MaybePromise, whenReady } from '../maybe-promise.ts';
import type { Services } from '../services.ts';
import { toGraphqlError } from './errors.ts';
import type { Execute } from './execute.ts';
import { createGraphiqlPage, wantsPage } from './graphiql.ts';
import {
  JSON_TYPE,
  parseParams,
  PLAIN_ACCEPT,
  requireReadable,
  requireReadableQuery,
} from './request.ts';
import type { Executed, GraphqlServer } from './yoga.ts';

const ROUTE = { door: 'graphql', route: '/graphql' };
/** Answers `/graphql`: GraphQL over HTTP and, where it is on, GraphiQL. */
export function createGraphqlDoor(
  services: Services,
  edge: Edge,
  yoga: GraphqlServer,
  execute: Execute,
): Handler {
  const answer = createAnswer(services, edge, yoga, execute);
  const sendPage = services.config.graphiql ? createGraphiqlPage() : undefined;

  return async (req, res, info) => {
    services.telemetry.routed(info, ROUTE);
    try {
      if (sendPage && wantsPage(req)) {
        edge.setHeaders(res, info);
        await sendPage(res);
      } else {
        await answer(req, res, info);
      }
    } catch (error) {
      if (!res.headersSent) edge.setHeaders(res, info);
      refuse(req, res, toAppError(services.log, error, info.id));
    }
  };
}

/**
 * The plain case (POST, one operation, an answer without errors) goes through Yoga's pipeline but not
 * through its fetch layer, which costs several times as much; everything else is answered by Yoga's
 * front door, with the result where there is one already.
 */
function createAnswer(
  services: Services,
  edge: Edge,
  yoga: GraphqlServer,
  execute: Execute,
): (...args: Parameters<Handler>) => Promise<void> {
  return async (req, res, info) => {
    requireReadable(req);
    const body = req.method === 'POST' ? await readBody(req, services.config.bodyLimitBytes) : null;
    if (!body) requireReadableQuery(req.url ?? '');
    const params = body && parseParams(body);
    const limit = limitTime(res, services.config.requestSeconds);
    const { id, ipAddress, userAgent, deviceToken, answer } = info;
    const request = { id, ipAddress, userAgent, deviceToken, answer, signal: limit.signal };
    const ready = createContext(services, req, request);
    const app = isPromise(ready) ? await ready : ready;
    const executed = params ? await limit.within(execute(params, app)) : undefined;
    // What was cut short is not begun anew.
    if (!executed) limit.signal.throwIfAborted();
    const mediaType = PLAIN_ACCEPT.get(req.headers.accept);
    if (executed) keepDevice(services, res, info);
    if (executed && mediaType && isPlainResult(executed)) {
      sendResult(res, edge, info, mediaType, executed);
      return;
    }
    edge.setHeaders(res, info);
    const fetched = toFetchRequest(req, res, body);
    // Yoga is stricter about how the type is written than requireReadable.
    if (body) fetched.headers.set('content-type', 'application/json');
    const response = await limit.within(Promise.resolve(yoga.fetch(fetched, { app, executed })));
    limit.met();
    if (!executed) keepDevice(services, res, info);
    await sendResponse(res, response);
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
