import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import type { UserActor } from '../../core/actor.ts';
import type { ChangeMessage } from '../../core/changes.ts';
import type { Services } from '../../core/services.ts';
import { openStream } from '../../core/stream.ts';
import { isHeldBy } from '../../authentication/holder.ts';

const LONGEST_TIMER_MS = 2_147_483_647;

/** A watch over the session behind a connection that stays open. */
export interface SessionWatch {
  /** Aborts when the session or the token ends, or when its user is disabled, deleted or, for a named token, renamed. */
  readonly over: AbortSignal;
  readonly stop: () => void;
}

/** Watches a caller's session for as long as a socket or a stream is open. */
export function watchSession(
  { changes, clock, liveness, log }: Services,
  { session, user, expiresAt, tokenName: name }: UserActor,
): SessionWatch {
  const over = new AbortController();

  const look = async () => {
    const found = await liveness.find(session.id);
    const counts = found && !found.user.disabled && isHeldBy({ holder: user.id, name }, found.user);
    if (!counts) over.abort();
  };
  const unsubscribe = changes.subscribe((change) => {
    if (!concerns(change, session.id, user.id)) return;
    look().catch((error: unknown) => {
      log.warn({ err: error }, 'a watched session could not be read');
      over.abort();
    });
  });
  const left = expiresAt.getTime() - clock.now().getTime();
  const timer = setTimeout(() => over.abort(), Math.min(Math.max(left, 0), LONGEST_TIMER_MS));

  const stop = () => {
    unsubscribe();
    clearTimeout(timer);
  };
  over.signal.addEventListener('abort', stop, { once: true });
  return { over: over.signal, stop };
}

function concerns(change: ChangeMessage, sessionId: string, userId: string): boolean {
  switch (change.kind) {
    case 'session':
      return change.sessionId === sessionId;
    case 'user':
      return change.userId === userId;
    case 'gap':
      return true;
    case 'auth':
      return false;
  }
}

/** A session that has ended. */
export interface EndedSession {
  readonly sessionId: string;
  /** Whether it is the one that watches: nothing comes after it. */
  readonly current: boolean;
}

/** The sessions that a stream remembers to have told: each is told by more than one process. */
const MAX_TOLD = 1000;

/** The sessions of a caller as they end, until the caller's own does or the token runs out. */
export function watchEndedSessions(
  services: Services,
  actor: UserActor,
): AsyncIterableIterator<EndedSession, undefined, undefined> {
  return openStream(({ push, end }) => {
    const watch = watchSession(services, actor);
    const told = createCache<true>({
      entries: MAX_TOLD,
      bytes: MAX_TOLD * 1024,
      bytesOf: (_value, key) => bytesOfTexts(key),
    });
    const unsubscribe = services.changes.subscribe((change) => {
      if (change.kind !== 'session' || change.userId !== actor.user.id) return;
      const { sessionId } = change;
      if (told.get(sessionId)) return;
      told.set(sessionId, true);
      const current = sessionId === actor.session.id;
      push({ sessionId, current });
      if (current) end();
    });
    watch.over.addEventListener('abort', end);
    return () => {
      unsubscribe();
      watch.stop();
    };
  });
}
