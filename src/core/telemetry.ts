import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Actor, callerId } from './actor.ts';
import type { Log } from '../adapters/log.ts';
import type { Metrics, Route } from '../adapters/metrics.ts';
import type { TraceSpan, Tracing } from '../adapters/tracing.ts';
import type { RequestInfo } from './request.ts';
import { temporaryFailure } from '../db/failures.ts';
import { AppError } from './errors.ts';
import { networkOf } from '../adapters/client-address.ts';

/** What is known of the work that this process does: nothing of it is what a client wrote. */
export interface Telemetry {
  /** Takes note of a request until its answer is out. */
  readonly request: (req: IncomingMessage, res: ServerResponse, info: RequestInfo) => void;
  /** Says which route a request has come to; without it, it was for nothing that there is. */
  readonly routed: (info: RequestInfo, route: Route) => void;
  /** Does an operation and takes note of it. */
  readonly operation: <T>(of: Measured, by: Asking, work: () => Promise<T>) => Promise<T>;
  /** Undefined where nobody counts. */
  readonly metrics: Metrics | undefined;
  readonly close: () => Promise<void>;
}

/** What is to be known of an operation. */
interface Measured {
  readonly name: string;
  /** Whether its failures are counted as failed sign-ins. */
  readonly isSignIn?: true;
}

/** Who asks for an operation, and with which request. */
interface Asking {
  readonly actor: Actor;
  readonly request: RequestInfo;
}

export interface TelemetryOptions {
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
  /** Where a line of each request goes. @default nowhere */
  readonly requestLog?: Pick<Log, 'debug' | 'info'> | undefined;
}

/** However many paths strangers make up, they are one. */
const UNKNOWN: Route = { door: 'none', route: 'unknown' };
/** How many operations and error codes of a request are named. */
const MOST_NAMED = 20;
interface Seen {
  route: Route;
  readonly span: TraceSpan | undefined;
  readonly begun: number;
  readonly operations: string[];
  readonly errors: string[];
  actorId: string | undefined;
  apiKeyId: string | undefined;
}

export function createTelemetry({ metrics, tracing, requestLog }: TelemetryOptions): Telemetry {
  // By id: what is known of a request grows on the way.
  const seen = new Map<string, Seen>();
  if (!metrics && !tracing && !requestLog) return SILENT;

  const ended = (req: IncomingMessage, res: ServerResponse, info: RequestInfo, known: Seen) => {
    const ms = performance.now() - known.begun;
    const { door, route } = known.route;
    metrics?.requestEnded(
      known.route,
      res.writableFinished ? String(res.statusCode) : 'aborted',
      ms / 1000,
    );
    known.span?.end(`${req.method ?? ''} ${route}`, {
      'http.request.method': req.method ?? '',
      'http.route': route,
      'http.response.status_code': res.statusCode,
      'vestibule.door': door,
      'vestibule.request_id': info.id,
    });
    const level = known.route.isRoutine ? 'debug' : 'info';
    requestLog?.[level](lineOf(req, res, info, { ...known, ms }), 'request');
  };

  return {
    metrics,
    request: (req, res, info) => {
      const traceparent = req.headers['traceparent'];
      const span = tracing?.begin(typeof traceparent === 'string' ? traceparent : undefined);
      const known: Seen = {
        route: UNKNOWN,
        span,
        begun: performance.now(),
        operations: [],
        errors: [],
        actorId: undefined,
        apiKeyId: undefined,
      };
      seen.set(info.id, known);
      res.once('close', () => {
        seen.delete(info.id);
        ended(req, res, info, known);
      });
    },
    routed: (info, route) => {
      const request = seen.get(info.id);
      if (request) request.route = route;
    },
    operation: async ({ name, isSignIn }, { actor, request: { id } }, work) => {
      const begun = performance.now();
      const request = seen.get(id);
      const span = request?.span?.child(name);
      if (request) noteOperation(request, name, actor);
      const counted = (outcome: string) =>
        metrics?.operationEnded(name, outcome, (performance.now() - begun) / 1000);
      try {
        const result = await work();
        counted(stateOf(result) ?? 'ok');
        span?.end(name, {});
        return result;
      } catch (error) {
        const known = error instanceof AppError ? error : temporaryFailure(error);
        const code = known?.code ?? 'INTERNAL_SERVER_ERROR';
        counted(code);
        if (isSignIn) metrics?.signInFailed(code);
        if (request && request.errors.length < MOST_NAMED) request.errors.push(code);
        span?.fail(code);
        throw error;
      }
    },
    close: async () => tracing?.close(),
  };
}

function noteOperation(request: Seen, name: string, actor: Actor): void {
  if (request.operations.length < MOST_NAMED) request.operations.push(name);
  request.actorId = callerId(actor);
  if (actor.kind === 'apiKey') request.apiKeyId = actor.key.id;
}

/** What is logged of a request: nothing that its client wrote besides a harmless id. */
function lineOf(
  { method }: IncomingMessage,
  res: ServerResponse,
  { id: requestId, ipAddress }: RequestInfo,
  { route: { door, route }, operations, errors, actorId, apiKeyId, ms }: Seen & { ms: number },
): object {
  return {
    requestId,
    method,
    door,
    route,
    status: res.statusCode,
    ...(!res.writableFinished && { aborted: true }),
    ms: Math.round(ms * 10) / 10,
    ...(operations.length > 0 && { operations }),
    ...(errors.length > 0 && { errors }),
    ...(actorId !== undefined && { actorId }),
    ...(apiKeyId !== undefined && { apiKeyId }),
    network: networkOf(ipAddress),
  };
}

const SILENT: Telemetry = {
  metrics: undefined,
  request: () => undefined,
  routed: () => undefined,
  operation: (_of, _by, work) => work(),
  close: () => Promise.resolve(),
};

/** The name of a result that is neither the end nor a failure. */
function stateOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('state' in result)) return undefined;
  return typeof result.state === 'string' ? result.state : undefined;
}
