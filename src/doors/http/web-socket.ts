import type { IncomingMessage } from 'node:http';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { createSparingLog, type SparingLog } from '../../adapters/sparing-log.ts';
import type { RequestInfo } from '../../core/request.ts';
import type { Services } from '../../core/services.ts';
import type { Connection, ConnectionLimit } from './connections.ts';
import { createTokenBucket } from './token-bucket.ts';
import type { Arrival, UpgradeHandler } from './upgrade.ts';

/** Subscriptions are short texts: what is larger than these serves no client. */
const LIMITS = {
  messageBytes: 64 * 1024,
  /** Of who has not signed in yet: an access token has one or two kilobytes. */
  strangerMessageBytes: 16 * 1024,
  fragments: 64,
  /** What waits for a client that does not read. */
  unreadBytes: 128 * 1024,
  /** A front end that comes back subscribes to everything at once. */
  messages: { least: 200, perSubscription: 2, perSecond: 20 },
} as const;
/** A client that answers no ping until the next one is gone. */
const HEARTBEAT_MS = 12_000;
/** How long a client has to answer the closing of its socket. */
const CLOSE_MS = 2000;
/** RFC 6455 section 5.5: what a close frame holds besides its code. */
const MAX_REASON_BYTES = 123;

export const CLOSE = {
  goingAway: 1001,
  policyViolation: 1008,
  tooLarge: 1009,
  internalError: 1011,
  /** Clients connect again, after a moment of their choice. */
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** What speaks WebSocket at a path. */
export interface WebSocketDoor {
  readonly upgrade: UpgradeHandler;
  /** Closes every socket. */
  readonly close: () => void;
}

/** A WebSocket within its bounds: what breaks one closes it. */
export interface Socket {
  readonly req: IncomingMessage;
  readonly info: RequestInfo;
  readonly protocol: string;
  readonly isOpen: () => boolean;
  /** Resolves once it is written. */
  readonly send: (text: string) => Promise<void>;
  readonly close: (code: number, reason: string) => void;
  /**
   * The client has shown who it is, or need not: until then it has a few seconds. False, and closed, where
   * its user has as many connections as may be.
   */
  readonly welcome: (userId: string | undefined) => boolean;
  readonly onMessage: (listener: (text: string) => Promise<void> | void) => void;
  readonly onClose: (listener: (code: number, reason: string) => Promise<void> | void) => void;
  /** What it is counted as. */
  readonly connection: Connection;
}

/** The door to sockets: `serve` is given each one that was accepted. */
export function createSocketDoor(
  { config, log }: Services,
  serve: (socket: Socket) => void,
  options: Pick<ServerOptions, 'handleProtocols'> = {},
): WebSocketDoor {
  const bounds = {
    maxPayload: LIMITS.messageBytes,
    maxFragments: LIMITS.fragments,
    closeTimeout: CLOSE_MS,
  };
  const server = new WebSocketServer({ noServer: true, ...bounds, ...options });
  const sparing = createSparingLog(log);
  const { least, perSubscription } = LIMITS.messages;
  const burst = Math.max(least, perSubscription * config.subscriptionsPerConnection);
  const heartbeat = startHeartbeat(server);

  return {
    upgrade: (arrival) =>
      server.handleUpgrade(arrival.req, arrival.stream, arrival.head, (socket) => {
        heartbeat.watch(socket);
        serve(withinBounds(socket, arrival, { sparing, burst }));
      }),
    close: () => {
      heartbeat.stop();
      for (const socket of server.clients) {
        socket.close(CLOSE.serviceRestart, 'Service restart');
      }
    },
  };
}

interface Bounds {
  readonly sparing: SparingLog;
  readonly burst: number;
}

function withinBounds(ws: WebSocket, arrival: Arrival, { sparing, burst }: Bounds): Socket {
  const { req, info, connection } = arrival;
  const takeToken = createTokenBucket(burst, LIMITS.messages.perSecond);
  let isStranger = true;
  const isOpen = () => ws.readyState === ws.OPEN;
  const close = (code: number, reason: string) => {
    const fits = Buffer.byteLength(reason) <= MAX_REASON_BYTES;
    ws.close(code, fits ? reason : '');
  };
  const cut = (limit: ConnectionLimit, code: number, reason: string) => {
    connection.reached(limit);
    close(code, reason);
  };
  const isTooMuch = () => {
    if (takeToken() && connection.message()) return false;
    cut('messages', CLOSE.policyViolation, 'Too many messages');
    return true;
  };
  for (const frame of ['ping', 'pong'] as const) ws.on(frame, () => isOpen() && isTooMuch());
  // Without a listener a fault of the client's would end the process.
  ws.on('error', ({ message }) => {
    sparing.warn('websocket.error', { reason: message }, 'a WebSocket was closed for a fault');
  });

  return {
    req,
    info,
    protocol: ws.protocol,
    isOpen,
    close,
    connection,
    send: (text) =>
      new Promise((resolve) => {
        if (!isOpen()) return resolve();
        if (ws.bufferedAmount <= LIMITS.unreadBytes) return ws.send(text, () => resolve());
        cut('unread', CLOSE.tryAgainLater, 'Too much is unread');
        return resolve();
      }),
    welcome: (userId) => {
      try {
        if (userId !== undefined) connection.countFor(userId);
      } catch {
        close(CLOSE.tryAgainLater, 'Too many connections');
        return false;
      }
      isStranger = false;
      arrival.welcome();
      return true;
    },
    onMessage: (listener) => {
      ws.on('message', (data) => {
        if (!isOpen() || isTooMuch()) return;
        const message = data as Buffer;
        if (isStranger && message.byteLength > LIMITS.strangerMessageBytes) {
          cut('size', CLOSE.tooLarge, 'Sign in first');
          return;
        }
        void attempt(() => listener(message.toString()));
      });
    },
    onClose: (listener) => {
      ws.once('close', (code, reason) => void attempt(() => listener(code, reason.toString())));
      if (ws.readyState === ws.CLOSED) void attempt(() => listener(CLOSE.goingAway, ''));
    },
  };

  async function attempt(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      sparing.warn('websocket.failure', { err: error }, 'a message of a WebSocket failed');
      close(CLOSE.internalError, 'Internal server error');
    }
  }
}

/** Ends the sockets whose clients have gone without a word. */
function startHeartbeat({ clients }: WebSocketServer) {
  const answered = new WeakSet<WebSocket>();
  const beat = (socket: WebSocket) => {
    if (!answered.delete(socket)) socket.terminate();
    else socket.ping();
  };
  const timer = setInterval(() => clients.forEach(beat), HEARTBEAT_MS).unref();
  return {
    watch: (socket: WebSocket) => {
      answered.add(socket);
      socket.on('pong', () => answered.add(socket));
    },
    stop: () => clearInterval(timer),
  };
}
