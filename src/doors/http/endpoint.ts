import type { IncomingMessage } from 'node:http';
import type { Route } from '../../adapters/metrics.ts';
import type { Strategy } from '../../authentication/authenticate.ts';
import type { Actor } from '../../core/actor.ts';
import type { Context } from '../../core/context.ts';
import type { AppError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { RequestInfo } from '../../core/request.ts';

/** A request on its way through the pipeline. */
export interface Call {
  readonly req: IncomingMessage;
  readonly info: RequestInfo;
  /** The parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Undefined before it is read, and where the endpoint reads none. */
  readonly body: Buffer | undefined;
  /** Anonymous until the strategies have decided. */
  readonly actor: Actor;
  /** Aborts when the client leaves before the answer is out. */
  readonly whenLeft: () => AbortSignal;
}

/** What an endpoint answers; the pipeline adds the headers that every answer has. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. `cache-control` is `no-store` unless it stands here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default an empty body */
  readonly body?: string | Buffer;
}

/** What a fetch server answers; it may be a stream. */
export interface FetchReply {
  readonly response: Response;
}

/** One row of what the server answers. A new door needs nothing else. */
export interface Endpoint {
  /** The methods it takes. The other methods of its path are answered with 405. */
  readonly methods: readonly string[] | 'any';
  /** A pattern of Hono's routers: `:name` is a parameter, `/*` any rest. */
  readonly path: string;
  /** Passes a request on to the next endpoint of the same path. @default takes every request */
  readonly takes?: (req: IncomingMessage) => boolean;
  /** What logs and metrics call it. @default a path that does not exist */
  readonly route?: Route;
  /** The ways to say who calls, in order. @default none: every client is anonymous */
  readonly strategies?: readonly Strategy[];
  /** The cookie that a strategy reads. A page of another site may not send it, whatever the method is. */
  readonly cookie?: string | undefined;
  /** Whether pages of other sites are refused for GET as well. */
  readonly refusesForeignPages?: true;
  /** Refuses a request before its body is read. @throws AppError */
  readonly check?: (req: IncomingMessage) => void;
  readonly readsBody?: boolean;
  readonly answer: (ctx: Context, call: Call) => MaybePromise<HttpReply | FetchReply>;
  /** An error in the words of the door. @default a problem (RFC 9457) */
  readonly failure?: (error: AppError, call: Call) => HttpReply;
}

/** A page that shows the same to every client. */
export function pageEndpoint(
  path: string,
  answer: Endpoint['answer'],
  options: Pick<Route, 'isRoutine'> = {},
): Endpoint {
  return {
    methods: ['GET', 'HEAD'],
    path,
    route: { door: 'pages', route: path, ...options },
    answer,
  };
}

/** A reply whose body is JSON. */
export function jsonReply(
  status: number,
  value: unknown,
  mediaType = 'application/json; charset=utf-8',
): HttpReply {
  return { status, headers: { 'content-type': mediaType }, body: JSON.stringify(value) };
}
