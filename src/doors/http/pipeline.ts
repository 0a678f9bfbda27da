import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'hono/utils/cookie';
import { authenticate, type Strategy } from '../../authentication/authenticate.ts';
import { type Actor, ANONYMOUS } from '../../core/actor.ts';
import { endAnswer } from '../../core/answer.ts';
import { contextOf } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { whenReady } from '../../core/maybe-promise.ts';
import type { RequestInfo } from '../../core/request.ts';
import type { Services } from '../../core/services.ts';
import { readBody } from './body.ts';
import type { Closing } from './closing.ts';
import type { Edge } from './edge.ts';
import type { Call, Endpoint, HttpReply } from './endpoint.ts';
import type { StreamSender } from './event-stream.ts';
import { problemReply, toAppError } from './problem.ts';
import { createReplySender } from './reply.ts';
import { type Found, NOWHERE } from './routes.ts';
import { limitTime, type TimeLimit } from './time-limit.ts';

interface Parts {
  /** Lets a request in; undefined when it is answered already. */
  readonly admit: Edge['admit'];
  readonly edge: Edge;
  readonly find: (req: IncomingMessage) => Found;
  readonly streams: StreamSender;
  readonly closing: Pick<Closing, 'begin' | 'end'>;
}

const NO_STRATEGIES: readonly Strategy[] = [];

/**
 * The one way of every HTTP request: admit, find the endpoint, refuse, read the body, authenticate, answer
 * within the time limit, word an error, write. What differs from door to door is data of the endpoint.
 */
export function createPipeline(
  services: Services,
  { admit, edge, find, streams, closing }: Parts,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const { config, telemetry, log } = services;
  const send = createReplySender(config, edge, streams);

  const refuse = (found: Found, { req, info }: Call) => {
    const { endpoint, allow } = found;
    // Before a page of another site is refused: it would learn nothing else.
    if (found === NOWHERE) throw new AppError('NOT_FOUND');
    if (info.refusal) throw info.refusal;
    if (allow !== undefined) throw new AppError('METHOD_NOT_ALLOWED');
    const isOwn = endpoint.refusesForeignPages ?? cookieOf(req, endpoint) !== undefined;
    if (isOwn && edge.isForeign(req)) throw new AppError('CROSS_SITE_REQUEST');
    endpoint.check?.(req);
  };

  /** The actor is noted in `call` for the words of an error. */
  const answer = (endpoint: Endpoint, call: Known) => {
    const { strategies = NO_STRATEGIES } = endpoint;
    const credentials = {
      authorization: call.req.headers.authorization,
      cookie: cookieOf(call.req, endpoint),
    };
    return whenReady(authenticate(services, strategies, credentials), (actor) => {
      call.actor = actor;
      return endpoint.answer(contextOf(services, actor, call.info), call);
    });
  };

  const worded = (error: AppError, { failure: inItsWords }: Endpoint, call: Call): HttpReply => {
    try {
      return inItsWords?.(error, call) ?? problemReply(error, call.info.id);
    } catch (second) {
      return problemReply(toAppError(log, second, call.info.id), call.info.id);
    }
  };

  const failure = (error: unknown, { endpoint, allow }: Found, call: Call): HttpReply => {
    const told = toAppError(log, error, call.info.id);
    const reply = worded(told, endpoint, call);
    return { ...reply, headers: { ...headersOf(told, allow), ...reply.headers } };
  };

  const work = async (found: Found, call: Known, res: ServerResponse, time: TimeLimit) => {
    refuse(found, call);
    const { endpoint } = found;
    if (endpoint.readsBody) {
      call.body = await time.afterBody(readBody(call.req, res, config.bodyLimitBytes));
    }
    const reply = await time.within(Promise.resolve(answer(endpoint, call)));
    await send.answer(res, call, time, reply);
  };

  return async (req, res) => {
    const admitted = admit(req, res);
    if (!admitted) return;
    const time = limitTime(res, config.requestSeconds);
    const info: RequestInfo = { ...admitted, signal: time.signal };
    telemetry.request(req, res, info);
    closing.begin(res);
    const found = find(req);
    if (found.endpoint.route) telemetry.routed(info, found.endpoint.route);
    const call: Known = {
      req,
      info,
      params: found.params,
      body: undefined,
      actor: ANONYMOUS,
      whenLeft: () => leaving(res),
    };
    try {
      await work(found, call, res, time);
    } catch (error) {
      send.failure(res, info, failure(error, found, call));
    } finally {
      closing.end(res);
    }
    const { answer: asked } = info;
    if (asked && res.closed) endAnswer(asked);
    else if (asked) res.once('close', () => endAnswer(asked));
  };
}

interface Known extends Call {
  body: Buffer | undefined;
  actor: Actor;
}

function cookieOf({ headers }: IncomingMessage, { cookie }: Endpoint): string | undefined {
  if (cookie === undefined || headers.cookie === undefined) return undefined;
  return parse(headers.cookie, cookie)[cookie];
}

/** The headers that belong to an error whatever its words are. */
function headersOf(
  { code, details: { retryAfterSeconds } }: AppError,
  allow: string | undefined,
): Readonly<Record<string, string>> {
  return {
    ...(allow !== undefined && code === 'METHOD_NOT_ALLOWED' && { allow }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(code === 'BODY_TOO_LARGE' && { connection: 'close' }),
  };
}

function leaving(res: ServerResponse): AbortSignal {
  const client = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) client.abort();
  });
  return client.signal;
}
