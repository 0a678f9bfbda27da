import ipaddr from 'ipaddr.js';
import type { IncomingMessage } from 'node:http';
import { bearerIn } from '../../authentication/authenticate.ts';
import { isSameSecret } from '../../adapters/digest.ts';
import type { Route } from '../../adapters/metrics.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import type { Handler } from './handler.ts';
import { sendProblem } from './problem.ts';

export const METRICS_PATH = '/metrics';
const ROUTE: Route = { door: 'pages', route: METRICS_PATH, isRoutine: true };

/**
 * What Prometheus scrapes. With METRICS_TOKEN whoever shows that; without it, which is in development
 * alone, programs on this machine that no proxy speaks for. For anybody else there is nothing here.
 */
export function createMetricsDoor({ telemetry, config }: Services): Handler {
  return async (req, res, info) => {
    const { metrics } = telemetry;
    if (!metrics || (config.metricsToken === undefined && !isLocal(req))) {
      sendProblem(res, new AppError('NOT_FOUND'), info.id);
      return;
    }
    telemetry.routed(info, ROUTE);
    if (config.metricsToken !== undefined && !hasToken(req, config.metricsToken)) {
      res.setHeader('www-authenticate', 'Bearer');
      sendProblem(res, new AppError('UNAUTHENTICATED'), info.id);
      return;
    }
    if (req.method !== 'GET') {
      res.setHeader('allow', 'GET');
      sendProblem(res, new AppError('METHOD_NOT_ALLOWED'), info.id);
      return;
    }
    const text = await metrics.text();
    res.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
    res.end(text);
  };
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  return isSameSecret(bearerIn(headers.authorization) ?? '', token);
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const peer = socket.remoteAddress ?? '';
  const isLoopback = ipaddr.isValid(peer) && ipaddr.process(peer).range() === 'loopback';
  return (
    isLoopback && headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined
  );
}
