import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { RequestInfo } from '../../core/request.ts';
import type { Services } from '../../core/services.ts';

const MOST_CONNECTIONS = 100;

/**
 * The server of METRICS_PORT, not yet listening: metrics and health for machines, nothing else. It goes on
 * while the other one drains, so that a stop can be watched.
 * @param serve the pipeline over its endpoints
 */
export function createManagementServer(
  serve: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): Server {
  const server = createServer((req, res) => void serve(req, res));
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Machines come by an address or by no name at all, and from no page: every request is let in. */
export function admitMachine({ random }: Services, req: IncomingMessage): RequestInfo {
  return {
    id: random.uuid(),
    ipAddress: req.socket.remoteAddress ?? 'unknown',
    userAgent: undefined,
  };
}
