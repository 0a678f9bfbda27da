import type { KnownActor } from './actor.ts';
import type { ProjectRole, TenantRole } from './roles.ts';

/** Somebody's roles, by tenant and by project, the earliest joined first. */
export interface Memberships {
  readonly tenants: ReadonlyMap<string, TenantRole>;
  readonly projects: ReadonlyMap<string, { readonly tenantId: string; readonly role: ProjectRole }>;
}

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
