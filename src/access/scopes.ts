import type { Actor } from './actor.ts';
import { type Permission, roleGrants } from './policy.ts';

/**
 * What a caller must satisfy, all of it. The same value guards the operation and, through
 * Pothos scope-auth, the fields that offer it.
 */
export interface Scopes {
  /** Anyone, signed in or not. */
  readonly public?: true;
  /** A signed-in person. */
  readonly authenticated?: true;
  /** A permission that one of the caller's roles carries. */
  readonly permission?: Permission;
}

/** Whether a stranger is turned away before anything else is looked at. */
export function needsSignIn(scopes: Scopes): boolean {
  return scopes.public !== true;
}

/** Whether the actor's roles carry the permission. Nobody else's do. */
export function may(actor: Actor, permission: Permission): boolean {
  return actor.kind === 'user' && roleGrants(actor.user.systemRole, permission);
}

/** Whether the actor satisfies every scope; an empty set satisfies nobody. */
export function satisfies(actor: Actor, scopes: Scopes): boolean {
  if (scopes.public) return true;
  if (actor.kind === 'anonymous') return false;
  if (scopes.permission !== undefined) return may(actor, scopes.permission);
  return scopes.authenticated === true;
}
