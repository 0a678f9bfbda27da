import { AppError } from '../errors.ts';
import type { ApiKeyRow } from '../features/api-keys/store.ts';
import type { SessionRow } from '../features/sessions/store.ts';
import type { UserRow } from '../features/users/store.ts';

/** Nobody we know; `fault` says why a credential that was sent did not count. */
export interface AnonymousActor {
  readonly kind: 'anonymous';
  readonly fault?: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'SESSION_ENDED' | 'ACCOUNT_DISABLED';
}

/** A person, by a live session. */
export interface UserActor {
  readonly kind: 'user';
  readonly user: UserRow;
  readonly session: SessionRow;
  /** When the credential that was sent ends by itself. */
  readonly expiresAt: Date;
}

/** A program, by an API key of a person. It never has more rights than they have at this moment. */
interface ApiKeyActor {
  readonly kind: 'apiKey';
  /** The owner of the key. */
  readonly user: UserRow;
  readonly key: ApiKeyRow;
  /** What the key was made for; undefined where that is all that keys may. */
  readonly scopes: ReadonlySet<string> | undefined;
}

/** Somebody we know: a person, or a program of theirs. */
export type KnownActor = UserActor | ApiKeyActor;

/** Whoever calls. */
export type Actor = AnonymousActor | KnownActor;

export const ANONYMOUS: AnonymousActor = { kind: 'anonymous' };

/** Whoever calls, by a session or an API key; refuses strangers. */
export function signedIn(actor: Actor): KnownActor {
  if (actor.kind === 'anonymous') throw new AppError('UNAUTHENTICATED');
  return actor;
}

/** The person who calls by a session; refuses strangers and API keys. */
export function inSession(actor: Actor): UserActor {
  const known = signedIn(actor);
  if (known.kind !== 'user') throw new AppError('FORBIDDEN');
  return known;
}

/** Whether the caller is that person, or a program of theirs. */
export function isCaller(actor: Actor, userId: string): boolean {
  return actor.kind !== 'anonymous' && actor.user.id === userId;
}
