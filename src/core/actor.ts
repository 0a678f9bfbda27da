import { AppError } from './errors.ts';
import type { ApiKeyRow, SessionRow, UserRow } from '../db/rows.ts';
import type { SystemRole } from './roles.ts';

/** An anonymous client. `fault` says why the credential that it sent was not accepted. */
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
  /** The name that a named token was made for. */
  readonly tokenName?: string | undefined;
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

/** An authenticated caller: a user, or a program of a user. */
export type KnownActor = UserActor | ApiKeyActor;

/** Every client while authentication is off: the server does not identify it, and it may do anything. */
export interface OpenActor {
  readonly kind: 'open';
}

/** The operator at the machine itself, by a command: no door lets anybody be that. */
interface SystemActor {
  readonly kind: 'system';
  /** The command. */
  readonly name: string;
}

/** The caller of an operation. */
export type Actor = AnonymousActor | KnownActor | OpenActor | SystemActor;

export const ANONYMOUS: AnonymousActor = { kind: 'anonymous' };
export const OPEN_ACTOR: OpenActor = { kind: 'open' };

function isKnown(actor: Actor): actor is KnownActor {
  return actor.kind === 'user' || actor.kind === 'apiKey';
}

/** The caller by a session or an API key. @throws UNAUTHENTICATED for an anonymous client */
export function signedIn(actor: Actor): KnownActor {
  if (!isKnown(actor)) throw new AppError('UNAUTHENTICATED');
  return actor;
}

/** The person who calls by a session; refuses strangers and API keys. */
export function inSession(actor: Actor): UserActor {
  const known = signedIn(actor);
  if (known.kind !== 'user') throw new AppError('FORBIDDEN');
  return known;
}

/** The system role of the actor. @throws UNAUTHENTICATED for an actor without one */
export function systemRoleOf(actor: Actor): SystemRole {
  if (actor.kind === 'open' || actor.kind === 'system') return 'ADMIN';
  return signedIn(actor).user.systemRole;
}

/** The operator's command; refuses every other caller. */
export function operatorName(actor: Actor): string {
  if (actor.kind !== 'system') throw new AppError('FORBIDDEN');
  return actor.name;
}

/** The id of the user who calls, directly or by a program; undefined for an anonymous client. */
export function callerId(actor: Actor): string | undefined {
  return isKnown(actor) ? actor.user.id : undefined;
}

/** Whether the caller is that person, or a program of theirs. */
export function isCaller(actor: Actor, userId: string): boolean {
  return callerId(actor) === userId;
}
