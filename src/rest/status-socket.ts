import type { WebSocket } from 'ws';
import type { Actor } from '../access/actor.ts';
import { actorOfAccessToken } from '../access/authenticate.ts';
import { watchSession } from '../features/sessions/watch.ts';
import { readAuthStatus } from '../features/setup/operations.ts';
import { createSocketServer, socketDoor, type WebSocketDoor } from '../http/web-socket.ts';
import type { Services } from '../services.ts';

/** The documented path, and the one that every mount has. */
export const STATUS_SOCKET_PATHS = ['/ws/status', '/compat/dumb/ws/status'] as const;

const POLICY_VIOLATION = 1008;
const INTERVAL_SECONDS = { least: 0.5, most: 10, usual: 2 };
/** How old a status may be that is sent again: sockets share what is read. */
const SHARED_MS = 250;
/** Whoever reads nothing of what they asked for is let go. */
const MAX_UNREAD_BYTES = 64 * 1024;

const REFUSALS = {
  missing: 'Authentication required',
  bad: 'Invalid or expired token',
} as const;

/**
 * The status that DUMB's clients watch: at once, on every change, and every `interval` seconds. While
 * authentication is on, `?token=` says who watches, and the socket closes when their session ends.
 */
export function createStatusSocket(services: Services): WebSocketDoor {
  const { changes, log } = services;
  const readStatus = createStatusReader(services);

  const serve = async (socket: WebSocket, url: URL) => {
    const admit = () => admitted(services, url.searchParams.get('token'));
    const actor = await admit();
    if (!('kind' in actor)) return socket.close(POLICY_VIOLATION, actor.refusal);
    let last = '';

    const send = async (isDue: boolean) => {
      if (socket.bufferedAmount > MAX_UNREAD_BYTES) return socket.terminate();
      const text = await readStatus();
      if (socket.readyState !== socket.OPEN || (!isDue && text === last)) return;
      last = text;
      socket.send(text);
    };
    const onChange = async () => {
      const now = actor.kind === 'open' ? await admit() : actor;
      if ('kind' in now && now.kind === actor.kind) await send(false);
      // Whoever came in while nobody was asked has to come again.
      else socket.close(POLICY_VIOLATION, 'refusal' in now ? now.refusal : REFUSALS.missing);
    };
    const attempt = (work: () => Promise<void>) => {
      work().catch((error: unknown) => {
        log.warn({ err: error }, 'a watched status was not sent');
      });
    };

    const unsubscribe = changes.subscribe(({ kind }) => {
      if (kind === 'auth' || kind === 'gap') attempt(onChange);
    });
    const timer = setInterval(() => attempt(() => send(true)), intervalMs(url));
    const watch = actor.kind === 'user' ? watchSession(services, actor) : undefined;
    const end = () => socket.close(POLICY_VIOLATION, REFUSALS.bad);
    watch?.over.addEventListener('abort', end);
    const stop = () => {
      unsubscribe();
      clearInterval(timer);
      watch?.stop();
    };
    socket.once('close', stop);
    if (socket.readyState !== socket.OPEN) stop();
    attempt(() => send(true));
  };

  const server = createSocketServer();
  return socketDoor(server, (socket, req) => {
    // Without a listener a fault of the client's would end the process.
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, isBinary) => {
      if (!isBinary && (data as Buffer).toString() === 'ping') socket.send('pong');
    });
    serve(socket, new URL(req.url ?? '', 'ws://localhost')).catch((error: unknown) => {
      log.error({ err: error }, 'a status socket failed');
      socket.close(1011);
    });
  });
}

/** Who may watch, or why they may not. */
async function admitted(
  services: Services,
  token: string | null,
): Promise<Exclude<Actor, { kind: 'anonymous' }> | { readonly refusal: string }> {
  if ((await services.authSwitch.state()) !== 'on') return { kind: 'open' };
  if (!token) return { refusal: REFUSALS.missing };
  const actor = await actorOfAccessToken(services, token);
  return actor.kind === 'anonymous' ? { refusal: REFUSALS.bad } : actor;
}

function intervalMs(url: URL): number {
  const given = Number.parseFloat(url.searchParams.get('interval') ?? '');
  const { least, most, usual } = INTERVAL_SECONDS;
  return 1000 * Math.min(Math.max(Number.isNaN(given) ? usual : given, least), most);
}

/** The message, read once for all sockets that want it at one time; anew after every change. */
function createStatusReader(services: Services): () => Promise<string> {
  let read: { readonly text: Promise<string>; readonly at: number } | undefined;
  services.changes.subscribe(({ kind }) => {
    if (kind === 'auth' || kind === 'gap') read = undefined;
  });
  return () => {
    const at = performance.now();
    if (!read || at - read.at > SHARED_MS) read = { text: statusText(services), at };
    return read.text;
  };
}

async function statusText(services: Services): Promise<string> {
  const { enabled, hasUsers, setupSkipped } = await readAuthStatus(services);
  return JSON.stringify({
    type: 'status',
    enabled,
    has_users: hasUsers,
    setup_skipped: setupSkipped,
    running: [],
  });
}
