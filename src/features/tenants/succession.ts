import { roleByRule } from '../../access/giving.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { AppError } from '../../core/errors.ts';
import { auditEvent, type NewAuditEvent } from '../audit/event.ts';
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

/** What a departure changed. Both are the caller's to pass on. */
export interface Departure {
  /** Whose row or memberships changed: to be published after the commit. */
  readonly userIds: readonly string[];
  /** To be appended last in the transaction. */
  readonly events: readonly NewAuditEvent[];
  /** Whether somebody got a role by it: projects passed to them, or the tenant. */
  readonly givesRoles: boolean;
}

/** What succession takes from its surroundings. */
export type SuccessionContext = Parameters<typeof auditEvent>[0] & Pick<Context, 'db'>;

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
  tx: Tx,
  place: Place,
): Promise<Departure> {
  const { tenantId, userId } = place;
  const role = await findTenantRole(tx, tenantId, userId);
  if (role === undefined) throw new AppError('MEMBER_NOT_FOUND');
  const heir = await findHeir(tx, tenantId, userId);
  if (heir?.role !== 'OWNER') throw new AppError('LAST_OWNER');

  await lockUser(ctx.db, tx, userId);
  const events = await passOn(ctx, tx, place, heir.userId);
  if ((await listTenantIds(tx, userId)).length > 0) await replaceDefaultProject(tx, userId);
  else {
    const [homeId, projectId] = [ctx.random.uuid(), ctx.random.uuid()];
    await insertHome(tx, { tenantId: homeId, projectId, userId, now: ctx.clock.now() });
  }
  return { userIds: [userId, heir.userId], events, givesRoles: events.length > 0 };
}

/**
 * Readies an account for its deletion, which the caller does in the same transaction. Of a tenant
 * whose only owner goes, the longest-standing admin becomes the owner, else the longest-standing
 * member; a tenant with nobody else in it goes too. Call it first in the transaction: it locks.
 */
export async function leaveEveryTenant(
  ctx: SuccessionContext,
  tx: Tx,
  userId: string,
): Promise<Departure> {
  const departures: Departure[] = [];
  for (const tenantId of await lockTenantsOf(ctx, tx, userId)) {
    departures.push(await bequeath(ctx, tx, { tenantId, userId }));
  }
  return {
    userIds: [...new Set(departures.flatMap(({ userIds }) => userIds))],
    events: departures.flatMap(({ events }) => events),
    givesRoles: departures.some(({ givesRoles }) => givesRoles),
  };
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

async function bequeath(ctx: SuccessionContext, tx: Tx, place: Place): Promise<Departure> {
  const { tenantId, userId } = place;
  const heir = await findHeir(tx, tenantId, userId);
  if (!heir) {
    await deleteTenant(tx, tenantId);
    const target = { type: 'tenant', id: tenantId };
    const events = [auditEvent(ctx, { action: 'tenant.deleted', target })];
    return { userIds: [], events, givesRoles: false };
  }
  const events: NewAuditEvent[] = [];
  if (heir.role !== 'OWNER') {
    const role = roleByRule('succession', 'OWNER');
    await updateTenantRole(tx, { tenantId, userId: heir.userId, role });
    const target = { type: 'user', id: heir.userId };
    const details = { tenantId, role: 'OWNER' };
    events.push(auditEvent(ctx, { action: 'tenant.owner_succeeded', target, details }));
  }
  events.push(...(await passOn(ctx, tx, place, heir.userId)));
  return { userIds: [heir.userId], events, givesRoles: events.length > 0 };
}

/** Gives the projects that somebody owns in a tenant to another, and ends their own part in it. */
async function passOn(ctx: SuccessionContext, tx: Tx, place: Place, heirId: string) {
  const { tenantId, userId } = place;
  const now = ctx.clock.now();
  const role = roleByRule('succession', 'OWNER');
  const count = await passProjects(tx, { tenantId, from: userId, to: heirId, role, now });
  await deleteMemberships(tx, place);
  if (count === 0) return [];
  const target = { type: 'user', id: heirId };
  const details = { tenantId, count };
  return [auditEvent(ctx, { action: 'tenant.projects_passed', target, details })];
}
