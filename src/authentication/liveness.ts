import type { Clock } from '../adapters/clock.ts';
import type { Database } from '../db/database.ts';
import type { ApiKeyWithUser, SessionWithUser } from '../db/rows.ts';
import { findApiKey } from './key-store.ts';
import { findSession } from './session-store.ts';
import { whenReady } from '../core/maybe-promise.ts';
import type { KeyLiveness, Liveness } from '../core/services.ts';
import type { Changes } from '../core/changes.ts';
import { createMemory } from './memory.ts';

export interface LivenessOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly changes: Changes;
  /** How long a session may go unused: a cookie has no refresh token that would run out. */
  readonly idleSeconds: number;
}

export function createLiveness({ db, clock, changes, idleSeconds }: LivenessOptions): Liveness {
  const memory = createMemory<SessionWithUser>(changes);
  return {
    find: (sessionId) =>
      whenReady(
        memory.find(sessionId, () => findSession(db, sessionId)),
        (found) => (found && isAlive(found, clock.now(), idleSeconds) ? found : undefined),
      ),
    stats: memory.stats,
    note: (session) => memory.note(session.id, ({ user }) => ({ ...session, user })),
  };
}

function isAlive(session: SessionWithUser, now: Date, idleSeconds: number): boolean {
  const { revokedAt, expiresAt, lastSeenAt } = session;
  const idleMs = now.getTime() - lastSeenAt.getTime();
  return revokedAt === null && expiresAt > now && idleMs < idleSeconds * 1000;
}

export function createKeyLiveness({
  db,
  changes,
}: Pick<LivenessOptions, 'db' | 'changes'>): KeyLiveness {
  const memory = createMemory<ApiKeyWithUser>(changes);
  return {
    find: (hashes) => memory.find(hashes[0], () => findApiKey(db, hashes)),
    note: (use) => memory.note(use.keyHash, (known) => ({ ...known, ...use })),
  };
}
