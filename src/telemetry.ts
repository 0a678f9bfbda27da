import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics, Route } from './adapters/metrics.ts';
import type { TraceSpan, Tracing } from './adapters/tracing.ts';
import type { RequestInfo } from './core/request.ts';
import { temporaryFailure } from './db/failures.ts';
import { AppError } from './errors.ts';

/** What is known of the work that this process does: nothing of it is what a client wrote. */
export interface Telemetry {
  /** Takes note of a request until its answer is out. */
  readonly request: (req: IncomingMessage, res: ServerResponse, info: RequestInfo) => void;
  /** Says which route a request has come to; without it, it was for nothing that there is. */
  readonly routed: (info: RequestInfo, route: Route) => void;
  /** Does an operation and takes note of it. */
  readonly operation: <T>(name: string, info: RequestInfo, work: () => Promise<T>) => Promise<T>;
  /** Undefined where nobody counts. */
  readonly metrics: Metrics | undefined;
  readonly close: () => Promise<void>;
}

/** However many paths strangers make up, they are one. */
const UNKNOWN: Route = { door: 'none', route: 'unknown' };

interface Seen {
  route: Route;
  readonly span: TraceSpan | undefined;
}

export function createTelemetry(
  metrics: Metrics | undefined,
  tracing: Tracing | undefined,
): Telemetry {
  // By id: what is known of a request grows on the way.
  const seen = new Map<string, Seen>();
  if (!metrics && !tracing) return SILENT;

  return {
    metrics,
    request: (req, res, info) => {
      const begun = performance.now();
      const traceparent = req.headers['traceparent'];
      const span = tracing?.begin(typeof traceparent === 'string' ? traceparent : undefined);
      const request: Seen = { route: UNKNOWN, span };
      seen.set(info.id, request);
      res.once('close', () => {
        seen.delete(info.id);
        const { door, route } = request.route;
        const status = res.writableFinished ? String(res.statusCode) : 'aborted';
        metrics?.requestEnded(request.route, status, (performance.now() - begun) / 1000);
        span?.end(`${req.method ?? ''} ${route}`, {
          'http.request.method': req.method ?? '',
          'http.route': route,
          'http.response.status_code': res.statusCode,
          'vestibule.door': door,
          'vestibule.request_id': info.id,
        });
      });
    },
    routed: (info, route) => {
      const request = seen.get(info.id);
      if (request) request.route = route;
    },
    operation: async (name, info, work) => {
      const begun = performance.now();
      const span = seen.get(info.id)?.span?.child(name);
      const ended = (outcome: string) =>
        metrics?.operationEnded(name, outcome, (performance.now() - begun) / 1000);
      try {
        const result = await work();
        ended(stateOf(result) ?? 'ok');
        span?.end(name, {});
        return result;
      } catch (error) {
        const known = error instanceof AppError ? error : temporaryFailure(error);
        const code = known?.code ?? 'INTERNAL_SERVER_ERROR';
        ended(code);
        span?.fail(code);
        throw error;
      }
    },
    close: async () => tracing?.close(),
  };
}

const SILENT: Telemetry = {
  metrics: undefined,
  request: () => undefined,
  routed: () => undefined,
  operation: (_name, _info, work) => work(),
  close: () => Promise.resolve(),
};

/** The name of a result that is neither the end nor a failure. */
function stateOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('state' in result)) return undefined;
  return typeof result.state === 'string' ? result.state : undefined;
}
