import type { MembershipMemory } from '../core/memberships.ts';
import type { Database } from '../db/database.ts';
import { listMemberships } from './memberships-store.ts';
import type { Memberships } from '../core/memberships.ts';
import { type Actor, signedIn } from '../core/actor.ts';

const NONE: Memberships = { tenants: new Map(), projects: new Map() };

interface Asking {
  readonly db: Database;
  readonly actor: Actor;
  readonly memberships: MembershipMemory;
}

/** The caller's roles in tenants and projects, read once a request however many fields ask. */
export async function membershipsOf({ db, actor, memberships }: Asking): Promise<Memberships> {
  if (actor.kind === 'open' || actor.kind === 'system') return NONE;
  const caller = signedIn(actor);
  return memberships.of(caller, () => listMemberships(db, caller.user.id));
}

/** The caller's home: of the tenants that they are in, the one that they have been in longest. */
export async function homeTenantOf(ctx: Asking): Promise<string | undefined> {
  const [home] = (await membershipsOf(ctx)).tenants.keys();
  return home;
}
