import ipaddr from 'ipaddr.js';
import type { IncomingMessage } from 'node:http';
import { bearerIn } from '../../authentication/authenticate.ts';
import { isSameSecret } from '../../adapters/digest.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import type { Endpoint } from './endpoint.ts';
import { problemReply } from './problem.ts';

export const METRICS_PATH = '/metrics';

/**
 * What Prometheus scrapes. With METRICS_TOKEN clients show it; without it, which is in development alone,
 * only programs on this machine that no proxy speaks for find the endpoint.
 */
export function metricsEndpoints({ telemetry, config }: Services): readonly Endpoint[] {
  const { metrics } = telemetry;
  const { metricsToken } = config;
  if (!metrics) return [];
  const endpoint: Endpoint = {
    methods: ['GET'],
    path: METRICS_PATH,
    route: { door: 'pages', route: METRICS_PATH, isRoutine: true },
    ...(metricsToken === undefined && { takes: isLocal }),
    check: (req) => {
      if (metricsToken !== undefined && !hasToken(req, metricsToken)) {
        throw new AppError('UNAUTHENTICATED');
      }
    },
    answer: async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType },
      body: await metrics.text(),
    }),
    failure: (error, { info }) => {
      const reply = problemReply(error, info.id);
      if (error.code !== 'UNAUTHENTICATED') return reply;
      return { ...reply, headers: { ...reply.headers, 'www-authenticate': 'Bearer' } };
    },
  };
  return [endpoint];
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
