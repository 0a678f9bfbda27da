import { AppError } from '../errors.ts';
import type { SessionRow } from '../features/sessions/store.ts';
import type { UserRow } from '../features/users/store.ts';
import type { SystemRole } from './roles.ts';

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

/** Whoever calls while authentication is off: nobody asks who it is, and they may do anything. */
export interface OpenActor {
  readonly kind: 'open';
}

/** Whoever calls. */
export type Actor = AnonymousActor | UserActor | OpenActor;

export const ANONYMOUS: AnonymousActor = { kind: 'anonymous' };
export const OPEN_ACTOR: OpenActor = { kind: 'open' };

/** The person who calls; refuses anyone else. */
export function signedIn(actor: Actor): UserActor {
  if (actor.kind !== 'user') throw new AppError('UNAUTHENTICATED');
  return actor;
}

/** The system role by which the actor is let in; refuses whoever has none. */
export function systemRoleOf(actor: Actor): SystemRole {
  return actor.kind === 'open' ? 'ADMIN' : signedIn(actor).user.systemRole;
}

/** The person who calls, by id; undefined where it is nobody we know. */
export function callerId(actor: Actor): string | undefined {
  return actor.kind === 'user' ? actor.user.id : undefined;
}
