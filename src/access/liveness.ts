import { LRUCache } from 'lru-cache';
import { addSeconds, type Clock } from '../adapters/clock.ts';
import type { Database } from '../db/client.ts';
import { findSession, type SessionRow, type SessionWithUser } from '../features/sessions/store.ts';
import type { Change, Changes } from './changes.ts';

const REMEMBERED_SESSIONS = 10_000;
/** How old an answer may be while changes of other processes are heard, and while they are not. */
const HEARING_MS = 60_000;
const DEAF_MS = 5_000;

/**
 * Which sessions are alive, asked on every request. Answers are remembered until a change is heard of,
 * and for a short while only: a change that is never heard of bites within five seconds.
 */
export interface Liveness {
  /** The session with its user, unless it is revoked, expired, idle or unknown. Says nothing of `disabled`. */
  readonly find: (sessionId: string) => Promise<SessionWithUser | undefined>;
  /** Takes note of what this process has just written, where the session is remembered. */
  readonly note: (session: SessionRow) => void;
  /** How many it was asked for, by where they came from. */
  readonly stats: () => { readonly remembered: number; readonly read: number };
}

export interface LivenessOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly changes: Changes;
  /** How long a session may go unused: a cookie has no refresh token that would run out. */
  readonly idleSeconds: number;
}

interface Remembered {
  readonly session: SessionWithUser;
  readonly readAt: number;
}

export function createLiveness({ db, clock, changes, idleSeconds }: LivenessOptions): Liveness {
  const sessionsOf = new Map<string, Set<string>>();
  const cache = new LRUCache<string, Remembered>({
    max: REMEMBERED_SESSIONS,
    noDisposeOnSet: true,
    dispose: ({ session }, id) => forgetPlace(sessionsOf, session.userId, id),
  });
  // A read that began before a change must not be remembered after it.
  let heard = 0;
  let [remembered, read] = [0, 0];

  const remember = (session: SessionWithUser, readAt: number) => {
    cache.set(session.id, { session, readAt });
    const ids = sessionsOf.get(session.userId) ?? new Set();
    sessionsOf.set(session.userId, ids.add(session.id));
  };

  const forget = (change: Change) => {
    heard += 1;
    if (change.kind === 'gap') cache.clear();
    else if (change.kind === 'session') cache.delete(change.sessionId);
    else for (const id of [...(sessionsOf.get(change.userId) ?? [])]) cache.delete(id);
  };
  changes.subscribe(forget);

  const load = async (sessionId: string) => {
    const before = heard;
    const readAt = performance.now();
    const found = await findSession(db, sessionId);
    if (found && before === heard) remember(found, readAt);
    return found;
  };

  const recall = (sessionId: string) => {
    const known = cache.get(sessionId);
    if (!known) return undefined;
    const maxAge = changes.hearsOthers() ? HEARING_MS : DEAF_MS;
    return performance.now() - known.readAt <= maxAge ? known.session : undefined;
  };

  return {
    find: async (sessionId) => {
      const known = recall(sessionId);
      if (known) remembered += 1;
      else read += 1;
      const found = known ?? (await load(sessionId));
      return found && isAlive(found, clock.now(), idleSeconds) ? found : undefined;
    },
    stats: () => ({ remembered, read }),
    note: (session) => {
      const known = cache.get(session.id);
      if (!known) return;
      const { user } = known.session;
      cache.set(session.id, { ...known, session: { ...session, user } });
    },
  };
}

function forgetPlace(sessionsOf: Map<string, Set<string>>, userId: string, id: string): void {
  const ids = sessionsOf.get(userId);
  ids?.delete(id);
  if (ids?.size === 0) sessionsOf.delete(userId);
}

function isAlive(session: SessionWithUser, now: Date, idleSeconds: number): boolean {
  const { revokedAt, expiresAt, lastSeenAt } = session;
  return revokedAt === null && expiresAt > now && addSeconds(lastSeenAt, idleSeconds) > now;
}
