import type { Actor } from '../../core/actor.ts';
import { createSparingLog } from '../../adapters/sparing-log.ts';
import { actorOfAccessToken } from '../../authentication/authenticate.ts';
import { watchSession } from '../../authentication/session-watch.ts';
import { readAuthStatus } from '../../features/setup/operations.ts';
import { CLOSE, createSocketDoor, type Socket, type WebSocketDoor } from '../http/web-socket.ts';
import type { Services } from '../../core/services.ts';

/** The documented path, and the one that every mount has. */
export const STATUS_SOCKET_PATHS = ['/ws/status', '/compat/dumb/ws/status'] as const;

const INTERVAL_SECONDS = { least: 0.5, most: 10, usual: 2 };
/** How old a status may be that is sent again: sockets share what is read. */
const SHARED_MS = 250;

const REFUSALS = {
  missing: 'Authentication required',
  bad: 'Invalid or expired token',
} as const;

/**
 * The status that DUMB's clients watch: at once, on every change, and every `interval` seconds. While
 * authentication is on, `?token=` says who watches, and the socket closes when their session ends.
 */
export function createStatusSocket(services: Services): WebSocketDoor {
  const { changes } = services;
  const sparing = createSparingLog(services.log);
  const readStatus = createStatusReader(services);

  const watch = async (socket: Socket) => {
    const url = new URL(socket.req.url ?? '', 'ws://localhost');
    const admit = () => admitted(services, url.searchParams.get('token'));
    const actor = await admit();
    if (!('kind' in actor)) return socket.close(CLOSE.policyViolation, actor.refusal);
    if (!socket.welcome('user' in actor ? actor.user.id : undefined)) return undefined;
    let last = '';

    const send = async (isDue: boolean) => {
      const text = await readStatus();
      if (!socket.isOpen() || (!isDue && text === last)) return;
      last = text;
      await socket.send(text);
    };
    const onChange = async () => {
      const now = actor.kind === 'open' ? await admit() : actor;
      if ('kind' in now && now.kind === actor.kind) await send(false);
      // Whoever came in while nobody was asked has to come again.
      else socket.close(CLOSE.policyViolation, 'refusal' in now ? now.refusal : REFUSALS.missing);
    };
    const attempt = (work: () => Promise<void>) => {
      work().catch((error: unknown) => {
        sparing.warn('status.send', { err: error }, 'a watched status was not sent');
      });
    };

    const unsubscribe = changes.subscribe(({ kind }) => {
      if (kind === 'auth' || kind === 'gap') attempt(onChange);
    });
    const timer = setInterval(() => attempt(() => send(true)), intervalMs(url));
    const session = actor.kind === 'user' ? watchSession(services, actor) : undefined;
    const end = () => socket.close(CLOSE.policyViolation, REFUSALS.bad);
    session?.over.addEventListener('abort', end);
    const stop = () => {
      unsubscribe();
      clearInterval(timer);
      session?.stop();
    };
    socket.onClose(stop);
    if (!socket.isOpen()) stop();
    attempt(() => send(true));
    return undefined;
  };

  return createSocketDoor(services, (socket) => {
    socket.onMessage(async (text) => {
      if (text === 'ping') await socket.send('pong');
    });
    watch(socket).catch((error: unknown) => {
      sparing.warn('status.open', { err: error }, 'a status socket failed');
      socket.close(CLOSE.internalError, '');
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
