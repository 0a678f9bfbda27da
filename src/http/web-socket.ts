import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { RequestInfo } from '../context.ts';
import type { UpgradeHandler } from './upgrade.ts';

const MAX_MESSAGE_BYTES = 64 * 1024;

/** What speaks WebSocket at a path. */
export interface WebSocketDoor {
  readonly upgrade: UpgradeHandler;
  /** Closes every socket. */
  readonly close: () => void;
}

/** A server of sockets that are handed to it, of bounded messages. */
export function createSocketServer(): WebSocketServer {
  return new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
}

/** The door to a server of sockets: `serve` is given each one that was accepted. */
export function socketDoor(
  server: WebSocketServer,
  serve: (socket: WebSocket, req: IncomingMessage, info: RequestInfo) => void,
): WebSocketDoor {
  return {
    upgrade: (req, stream, head, info) =>
      server.handleUpgrade(req, stream, head, (socket) => serve(socket, req, info)),
    close: () => {
      for (const socket of server.clients) socket.close(1001, 'Going away');
    },
  };
}
