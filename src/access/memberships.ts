import type { Context } from '../core/context.ts';
import { listMemberships, type Memberships } from '../features/tenants/memberships-store.ts';
import { signedIn, type KnownActor } from '../core/actor.ts';

const NONE: Memberships = { tenants: new Map(), projects: new Map() };
/** By the actor, of whom each request has one of its own. */
const read = new WeakMap<KnownActor, Promise<Memberships>>();

/**
 * The caller's roles in tenants and projects, read once a request however many fields ask, and never
 * remembered beyond it: a change bites on the next request.
 */
export async function membershipsOf({ db, actor }: Context): Promise<Memberships> {
  if (actor.kind === 'open') return NONE;
  const caller = signedIn(actor);
  const known = read.get(caller);
  if (known) return known;
  const memberships = listMemberships(db, caller.user.id);
  read.set(caller, memberships);
  return memberships;
}

/** Has the memberships read again; for an operation that changes some of the caller's own. */
export function forgetMemberships({ actor }: Context): void {
  if ('user' in actor) read.delete(actor);
}

/** The caller's home: of the tenants that they are in, the one that they have been in longest. */
export async function homeTenantOf(ctx: Context): Promise<string | undefined> {
  const [home] = (await membershipsOf(ctx)).tenants.keys();
  return home;
}
