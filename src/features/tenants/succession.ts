import { roleByRule } from '../../access/giving.ts';
import type { Change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { insertHome } from './home-store.ts';
import {
  deleteMemberships,
  deleteTenant,
  findHeir,
  findTenantRole,
  listTenantIds,
  lockTenants,
  lockUser,
  passProjects,
  replaceDefaultProject,
  updateTenantRole,
} from './store.ts';

interface Departure {
  /** Whether a user got a role by it: projects passed to them, or the tenant. */
  readonly givesRoles: boolean;
}

/** What succession takes from its surroundings. */
export type SuccessionContext = Pick<Context, 'clock' | 'db' | 'random'>;

interface Place {
  readonly tenantId: string;
  readonly userId: string;
}

/**
 * Takes somebody out of a tenant that the transaction has locked. The projects that they own in it pass
 * to its longest-standing owner and their place in the others ends. Whoever is left without a tenant
 * gets one of their own with a default project, as if they had registered.
 * @throws MEMBER_NOT_FOUND, and LAST_OWNER where no other owner is left
 */
export async function leaveTenant(
  ctx: SuccessionContext,
  writes: Change,
  place: Place,
): Promise<Departure> {
  const { tx, publish } = writes;
  const { tenantId, userId } = place;
  const role = await findTenantRole(tx, tenantId, userId);
  if (role === undefined) throw new AppError('MEMBER_NOT_FOUND');
  const heir = await findHeir(tx, tenantId, userId);
  if (heir?.role !== 'OWNER') throw new AppError('LAST_OWNER');

  await lockUser(ctx.db, tx, userId);
  const givesRoles = await passOn(ctx, writes, place, heir.userId);
  if ((await listTenantIds(tx, userId)).length > 0) await replaceDefaultProject(tx, userId);
  else {
    const [homeId, projectId] = [ctx.random.uuid(), ctx.random.uuid()];
    await insertHome(tx, { tenantId: homeId, projectId, userId, now: ctx.clock.now() });
  }
  for (const id of [userId, heir.userId]) publish({ kind: 'user', userId: id });
  return { givesRoles };
}

/**
 * Readies an account for its deletion, which the caller does in the same transaction. Of a tenant
 * whose only owner goes, the longest-standing admin becomes the owner, else the longest-standing
 * member; a tenant with nobody else in it goes too. Call it first in the transaction: it locks.
 */
export async function leaveEveryTenant(
  ctx: SuccessionContext,
  writes: Change,
  userId: string,
): Promise<Departure> {
  let givesRoles = false;
  for (const tenantId of await lockTenantsOf(ctx, writes.tx, userId)) {
    if (await bequeath(ctx, writes, { tenantId, userId })) givesRoles = true;
  }
  return { givesRoles };
}

/** They may join another tenant between the look and the lock; once the user is locked no more. */
async function lockTenantsOf({ db }: SuccessionContext, tx: Tx, userId: string) {
  const seen = await listTenantIds(tx, userId);
  await lockTenants(db, tx, seen);
  await lockUser(db, tx, userId);
  const all = await listTenantIds(tx, userId);
  const joinedSince = all.filter((id) => !seen.includes(id));
  await lockTenants(db, tx, joinedSince);
  return all;
}

/** Leaves a tenant to the heir, if there is one. Returns whether the heir got a role. */
async function bequeath(ctx: SuccessionContext, writes: Change, place: Place): Promise<boolean> {
  const { tx, audit, publish } = writes;
  const { tenantId, userId } = place;
  const heir = await findHeir(tx, tenantId, userId);
  if (!heir) {
    await deleteTenant(tx, tenantId);
    audit({ action: 'tenant.deleted', target: { type: 'tenant', id: tenantId } });
    return false;
  }
  const succeeds = heir.role !== 'OWNER';
  if (succeeds) {
    const role = roleByRule('succession', 'OWNER');
    await updateTenantRole(tx, { tenantId, userId: heir.userId, role });
    const target = { type: 'user', id: heir.userId };
    const details = { tenantId, role: 'OWNER' };
    audit({ action: 'tenant.owner_succeeded', target, details });
  }
  const passes = await passOn(ctx, writes, place, heir.userId);
  publish({ kind: 'user', userId: heir.userId });
  return succeeds || passes;
}

/**
 * Gives the projects that a user owns in a tenant to another, and ends their own part in it. Returns
 * whether there were any.
 */
async function passOn(
  ctx: SuccessionContext,
  { tx, audit }: Change,
  place: Place,
  heirId: string,
): Promise<boolean> {
  const { tenantId, userId } = place;
  const now = ctx.clock.now();
  const role = roleByRule('succession', 'OWNER');
  const count = await passProjects(tx, { tenantId, from: userId, to: heirId, role, now });
  await deleteMemberships(tx, place);
  if (count === 0) return false;
  const target = { type: 'user', id: heirId };
  audit({ action: 'tenant.projects_passed', target, details: { tenantId, count } });
  return true;
}
