import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestInfo } from '../context.ts';
import type { Services } from '../services.ts';
import { isCrossSite } from './cross-site.ts';
import { requestInfo } from './edge.ts';

/** Takes over a connection that asks to become a WebSocket. */
export type UpgradeHandler = (
  req: IncomingMessage,
  stream: Duplex,
  head: Buffer,
  info: RequestInfo,
) => void;

/**
 * Lets WebSockets through to the paths that speak them. A page of another site may open one only where
 * its origin is allowed (ASVS 4.4.2): browsers put no other bounds to them.
 */
export function createUpgradeListener(
  services: Services,
  handlers: ReadonlyMap<string, UpgradeHandler>,
): (req: IncomingMessage, stream: Duplex, head: Buffer) => void {
  const { config } = services;
  const origins = new Set([new URL(config.publicUrl).origin, ...config.corsOrigins]);

  return (req, stream, head) => {
    // Without a listener a client that goes away in the middle would end the process.
    stream.on('error', () => stream.destroy());
    const handler = handlers.get((req.url ?? '').replace(/\?.*/s, ''));
    if (!handler) refuse(stream, '404 Not Found');
    else if (isCrossSite(req.headers, origins)) refuse(stream, '403 Forbidden');
    else handler(req, stream, head, requestInfo(services, req));
  };
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
