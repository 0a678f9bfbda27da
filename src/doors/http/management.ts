import { createServer, type Server } from 'node:http';
import { AppError } from '../../core/errors.ts';
import type { RequestInfo } from '../../core/request.ts';
import type { Services } from '../../core/services.ts';
import { HEALTH_PATHS, pathOf } from './edge.ts';
import type { Handler } from './handler.ts';
import { METRICS_PATH } from './metrics.ts';
import { sendProblem, toAppError } from './problem.ts';
import { limitTime } from './time-limit.ts';

/**
 * The server of METRICS_PORT, not yet listening: metrics and health for machines, nothing else. It goes on
 * while the other one drains, so that a stop can be watched.
 */
export function createManagementServer(
  services: Services,
  { metrics, wellKnown }: { readonly metrics: Handler; readonly wellKnown: Handler },
): Server {
  const { config, log, random, telemetry } = services;
  const doorOf = (path: string) => {
    if (HEALTH_PATHS.includes(path)) return wellKnown;
    return path === METRICS_PATH ? metrics : undefined;
  };
  const server = createServer((req, res) => {
    const info: RequestInfo = {
      id: random.uuid(),
      ipAddress: req.socket.remoteAddress ?? 'unknown',
      userAgent: undefined,
    };
    const answer = (error: AppError) => sendProblem(res, error, info.id);
    const time = limitTime(res, config.requestSeconds, answer);
    telemetry.request(req, res, info);
    const serve = async () => {
      const door = doorOf(pathOf(req.url));
      if (!door) throw new AppError('NOT_FOUND');
      await door(req, res, info, time);
    };
    serve().catch((error: unknown) => {
      if (!time.isOver()) answer(toAppError(log, error, info.id));
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

const MOST_CONNECTIONS = 100;
