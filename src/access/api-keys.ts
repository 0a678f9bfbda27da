import type { Actor } from '../core/actor.ts';
import type { ApiKeyRow } from '../db/rows.ts';
import { keyCarries, type Permission } from './policy.ts';

/** What an API key has to have been made for: anything, nothing by name, or one permission at least. */
export type KeyReach = 'any' | 'unscoped' | Permission;

/** Whether what the caller showed carries a permission: a session all of its user's, a key those it is for. */
export function carries(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'apiKey') return keyCarries(actor.scopes, permission);
  return actor.kind !== 'anonymous';
}

/** Whether the actor is signed in, or is an API key that reaches so far. */
export function isLetIn(actor: Actor, apiKey: KeyReach | undefined): boolean {
  if (actor.kind !== 'apiKey') return actor.kind !== 'anonymous';
  if (apiKey === 'any') return true;
  if (apiKey === undefined || apiKey === 'unscoped') {
    return apiKey !== undefined && actor.scopes === undefined;
  }
  return carries(actor, apiKey);
}

/** The names of the permissions of a key; undefined where none were named. */
export function scopesOf({ scopes }: Pick<ApiKeyRow, 'scopes'>): readonly string[] | undefined {
  return scopes === null ? undefined : scopes.split(' ');
}
