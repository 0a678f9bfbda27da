import { LRUCache } from 'lru-cache';
import type { Clock } from '../adapters/clock.ts';
import type { Database } from '../db/client.ts';
import { findSession, type SessionWithUser } from '../features/sessions/store.ts';

/**
 * Which sessions are alive, asked on every request. Answers come from memory where this process is the
 * only writer; whoever changes a session or a user calls `forget…` after the commit, so that the next
 * request sees the change.
 */
export interface Liveness {
  /** The session with its user, unless it is revoked, expired or unknown. Says nothing of `disabled`. */
  readonly find: (sessionId: string) => Promise<SessionWithUser | undefined>;
  readonly forgetSession: (sessionId: string) => void;
  readonly forgetUser: (userId: string) => void;
}

export interface LivenessOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** How many sessions are remembered; 0 asks the database every time. */
  readonly max: number;
}

export function createLiveness({ db, clock, max }: LivenessOptions): Liveness {
  const cache = max > 0 ? new LRUCache<string, SessionWithUser>({ max }) : undefined;
  // A read that began before a change must not be remembered after it.
  let changes = 0;

  const load = async (sessionId: string) => {
    const before = changes;
    const found = await findSession(db, sessionId);
    if (found && before === changes) cache?.set(sessionId, found);
    return found;
  };

  return {
    find: async (sessionId) => {
      const found = cache?.get(sessionId) ?? (await load(sessionId));
      return found && isAlive(found, clock.now()) ? found : undefined;
    },
    forgetSession: (sessionId) => {
      changes += 1;
      cache?.delete(sessionId);
    },
    forgetUser: (userId) => {
      changes += 1;
      if (!cache) return;
      for (const [id, session] of cache.entries()) if (session.userId === userId) cache.delete(id);
    },
  };
}

function isAlive(session: SessionWithUser, now: Date): boolean {
  return session.revokedAt === null && session.expiresAt > now;
}
