import type { Clock } from '../adapters/clock.ts';
import type { Database } from '../db/client.ts';
import { type ApiKeyWithUser, findApiKey } from '../features/api-keys/store.ts';
import { findSession, type SessionRow, type SessionWithUser } from '../features/sessions/store.ts';
import { type MaybePromise, whenReady } from '../maybe-promise.ts';
import type { Changes } from './changes.ts';
import { createMemory } from './memory.ts';

/** Which sessions are alive, asked on every request. */
export interface Liveness {
  /** The session with its user, unless it is revoked, expired, idle or unknown. Says nothing of `disabled`. */
  readonly find: (sessionId: string) => MaybePromise<SessionWithUser | undefined>;
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

/** The same for API keys. */
export interface KeyLiveness {
  /**
   * The key that has one of these hashes, of which the first is the current one, with its owner. Says
   * nothing of whether it is over.
   */
  readonly find: (
    hashes: readonly [string, ...string[]],
  ) => MaybePromise<ApiKeyWithUser | undefined>;
  /** Takes note of a use, where the key is remembered. */
  readonly note: (use: { readonly keyHash: string; readonly lastUsedAt: Date }) => void;
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
