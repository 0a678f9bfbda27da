import { AppError } from '../errors.ts';
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

/** The operator at the machine itself, by a command: no door lets anybody be that. */
interface SystemActor {
  readonly kind: 'system';
  /** The command. */
  readonly name: string;
}

/** Whoever calls. */
export type Actor = AnonymousActor | UserActor | SystemActor;

export const ANONYMOUS: AnonymousActor = { kind: 'anonymous' };

/** The person who calls; refuses anyone else. */
export function signedIn(actor: Actor): UserActor {
  if (actor.kind !== 'user') throw new AppError('UNAUTHENTICATED');
  return actor;
}
