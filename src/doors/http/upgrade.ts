import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestInfo } from '../../core/request.ts';
import { AppError, ERRORS } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import type { Connection, Connections } from './connections.ts';
import { type Edge, pathOf } from './edge.ts';
import { problemOf, toAppError } from './problem.ts';

/** A client that asks for a WebSocket. */
export interface Arrival {
  readonly req: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly info: RequestInfo;
  readonly connection: Connection;
  /** The client has shown who it is: the time in which it has to is over. */
  readonly welcome: () => void;
}

/** Takes over a connection that asks to become a WebSocket. */
export type UpgradeHandler = (arrival: Arrival) => void;

/** From the request on: the handshake, and the first message that says who the client is. */
const SIGN_IN_MS = 6000;
/** How long a client may take to read why it is refused. */
const REFUSAL_MS = 2000;

interface Door {
  readonly edge: Edge;
  readonly connections: Connections;
  readonly handlers: ReadonlyMap<string, UpgradeHandler>;
  readonly isClosing: () => boolean;
}

/**
 * Lets WebSockets through to the paths that speak them. A page of another site may open one only where
 * its origin is allowed (ASVS 4.4.2): browsers put no other bounds to them.
 */
export function createUpgradeListener(
  { log }: Services,
  { edge, connections, handlers, isClosing }: Door,
): (req: IncomingMessage, stream: Duplex, head: Buffer) => void {
  const handlerOf = ({ url }: IncomingMessage) => {
    const handler = handlers.get(pathOf(url));
    if (!handler) throw new AppError('NOT_FOUND');
    if (isClosing()) throw new AppError('OVERLOADED');
    return handler;
  };

  return (req, stream, head) => {
    // Without a listener a client that goes away in the middle would end the process.
    stream.on('error', () => stream.destroy());
    if (stream.destroyed) return;
    try {
      const info = edge.admitSocket(req);
      const handler = handlerOf(req);
      const connection = connections.open('websocket', info.ipAddress);
      const deadline = setTimeout(() => {
        connection.reached('sign_in');
        stream.destroy();
      }, SIGN_IN_MS);
      const welcome = () => clearTimeout(deadline);
      stream.once('close', () => {
        welcome();
        connection.close();
      });
      handler({ req, stream, head, info, connection, welcome });
    } catch (error) {
      refuse(stream, toAppError(log, error, ''));
    }
  };
}

/** Says why, and closes the connection although its client may leave its own half open. */
function refuse(stream: Duplex, error: AppError): void {
  const { status } = ERRORS[error.code];
  const body = JSON.stringify(problemOf(error));
  const { retryAfterSeconds } = error.details;
  const lines = [
    `HTTP/1.1 ${status} ${error.code}`,
    'Connection: close',
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
  ];
  const timer = setTimeout(() => stream.destroy(), REFUSAL_MS);
  stream.once('close', () => clearTimeout(timer));
  stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => stream.destroy());
}
