import type { Database } from '../db/database.ts';
import { listMemberships, type Memberships } from '../features/tenants/memberships-store.ts';
import { type Actor, type KnownActor, signedIn } from '../core/actor.ts';

const NONE: Memberships = { tenants: new Map(), projects: new Map() };

/** What a request remembers of its caller's roles in tenants and projects. */
export interface MembershipMemory {
  /** Answers what `read` read of that caller before, unless it was forgotten; reads it otherwise. */
  readonly of: (caller: KnownActor, read: () => Promise<Memberships>) => Promise<Memberships>;
  /** Has the memberships read again: for a change of the caller's own. */
  readonly forget: () => void;
}

/** A memory for one request: a change to what a person may takes effect on the next request. */
export function createMembershipMemory(): MembershipMemory {
  let known: { readonly caller: KnownActor; readonly read: Promise<Memberships> } | undefined;
  return {
    of: (caller, read) => {
      // A request that signs somebody in has another caller from then on.
      if (known?.caller !== caller) known = { caller, read: read() };
      return known.read;
    },
    forget: () => {
      known = undefined;
    },
  };
}

interface Asking {
  readonly db: Database;
  readonly actor: Actor;
  readonly memberships: MembershipMemory;
}

/** The caller's roles in tenants and projects, read once a request however many fields ask. */
export async function membershipsOf({ db, actor, memberships }: Asking): Promise<Memberships> {
  if (actor.kind === 'open') return NONE;
  const caller = signedIn(actor);
  return memberships.of(caller, () => listMemberships(db, caller.user.id));
}

/** The caller's home: of the tenants that they are in, the one that they have been in longest. */
export async function homeTenantOf(ctx: Asking): Promise<string | undefined> {
  const [home] = (await membershipsOf(ctx)).tenants.keys();
  return home;
}
