import { z } from 'zod';
import { callerId, isCaller } from '../../core/actor.ts';
import { requireFresh } from '../../access/fresh.ts';
import { homeTenantOf } from '../../access/memberships.ts';
import { findTenantStanding } from '../../access/standing.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import {
  type ListOrder,
  pageInput,
  textKey,
  timeKey,
  toPage,
  toPageRequest,
} from '../../core/page.ts';
import { requireAuthority } from './authority.ts';
import { tenantNameInput, tenantRoleInput } from './rules.ts';
import {
  countTenantMembers,
  findHeir,
  findTenant,
  findTenantMember,
  listTenantMembers,
  listTenantsOfUsers,
  takeTenant,
  type TenantMember,
  type TenantRow,
  updateTenantName,
  updateTenantRole,
} from './store.ts';
import { leaveTenant } from './succession.ts';

const tenantIdInput = idInput.describe('The tenant.');
const memberInput = z.object({
  tenantId: tenantIdInput,
  userId: idInput.describe('The member, by the id of their account.'),
});

export const homeTenant = operation({
  name: 'tenant.home',
  description: 'The tenant that the caller has been in longest; null where they are in none.',
  input: z.object({}),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: async (ctx) => ({ tenantId: (await homeTenantOf(ctx)) ?? null }),
});

export const tenant = operation({
  name: 'tenant',
  description:
    'A tenant that the caller is in; without an id the one that they have been in longest. Null where there is none for them.',
  input: z.object({ id: idInput.nullish().describe('Which; the own one unless told.') }),
  scopes: { authenticated: true, apiKey: 'tenant:read' },
  fails: [],
  handle: async (ctx, input) => {
    const id = input.id ?? (await homeTenantOf(ctx));
    const standing = id === undefined ? undefined : await findTenantStanding(ctx, id);
    if (id === undefined || !standing?.grants.has('tenant:read')) return null;
    return (await findTenant(ctx.db, id)) ?? null;
  },
});

export const tenantsOfUsers = operation({
  name: 'user.tenants',
  description:
    'The tenants of each of some users by the user’s id, the earliest joined first: all of the caller’s own, of others those whose members the caller may see.',
  input: z.object({ userIds: z.array(idInput).describe('The users.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: async (ctx, { userIds }) => {
    const found = await listTenantsOfUsers(ctx.db, userIds);
    const seen = [...found].map(
      async ([userId, tenants]) => [userId, await visible(ctx, userId, tenants)] as const,
    );
    return new Map(await Promise.all(seen));
  },
});

/** Those tenants of a user that the caller may know of. */
async function visible(ctx: Context, userId: string, tenants: readonly TenantRow[]) {
  if (isCaller(ctx.actor, userId)) return tenants;
  const standings = await Promise.all(tenants.map(({ id }) => findTenantStanding(ctx, id)));
  return tenants.filter((_tenant, i) => standings[i]?.grants.has('members:read'));
}

export const updateTenant = operation({
  name: 'updateTenant',
  description: 'Names a tenant anew.',
  input: z.object({ tenantId: tenantIdInput, name: tenantNameInput }),
  scopes: { tenant: 'tenant:update' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, { tenantId, name }) => {
    return change(ctx, async ({ tx, audit }) => {
      const row = await updateTenantName(tx, { id: tenantId, name, now: ctx.clock.now() });
      if (!row) throw new AppError('TENANT_NOT_FOUND');
      const target = { type: 'tenant', id: tenantId };
      audit({ action: 'tenant.updated', target, details: { fields: ['name'] } });
      return { tenant: row };
    });
  },
});

const BY_JOINING: ListOrder<TenantMember, readonly [number, string]> = {
  name: 'tenant members',
  key: z.tuple([timeKey, textKey]),
  keyOf: ({ user, joinedAt }) => [joinedAt.getTime(), user.id],
};

export const tenantMembers = operation({
  name: 'tenant.members',
  description: 'Who is in the tenant, in the order they joined.',
  input: pageInput.safeExtend({ tenantId: tenantIdInput }),
  scopes: { tenant: 'members:read' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, { tenantId, ...page }) => {
    const request = toPageRequest(BY_JOINING, page);
    return toPage(BY_JOINING, request, await listTenantMembers(ctx.db, tenantId, request));
  },
});

export const tenantMemberCount = operation({
  name: 'tenant.members.totalCount',
  description: 'How many members there are.',
  input: z.object({ tenantId: tenantIdInput }),
  scopes: { tenant: 'members:read' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: (ctx, { tenantId }) => countTenantMembers(ctx.db, tenantId),
});

export const updateTenantMember = operation({
  name: 'updateTenantMember',
  description:
    'Gives a member another role. Nobody gives or takes one above their own, and the last owner stays one.',
  input: memberInput.extend({ role: tenantRoleInput.describe('Their role from now on.') }),
  scopes: { tenant: 'members:update', fresh: 'session' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'LAST_OWNER'],
  handle: async (ctx, { tenantId, userId, role }) => {
    return change(ctx, async ({ tx, audit, publish }) => {
      await takeTenant(ctx.db, tx, tenantId);
      const found = await findTenantMember(tx, { tenantId, userId });
      if (!found) throw new AppError('MEMBER_NOT_FOUND');
      const asked = { tenantId, permission: 'members:update', role, former: found.role } as const;
      const given = await requireAuthority(ctx, tx, asked);
      if (found.role === role) return { member: found };
      if (found.role === 'OWNER') {
        const next = await findHeir(tx, tenantId, userId);
        if (next?.role !== 'OWNER') throw new AppError('LAST_OWNER');
      }
      await updateTenantRole(tx, { tenantId, userId, role: given });
      audit({
        action: 'tenant.member_role_changed',
        target: { type: 'user', id: userId },
        details: { tenantId, role },
      });
      publish({ kind: 'user', userId });
      return { member: { ...found, role } };
    });
  },
});

export const removeTenantMember = operation({
  name: 'removeTenantMember',
  description:
    'Takes a member out of a tenant; anyone may take out themselves. Their projects in it pass to its longest-standing owner. Who is left without a tenant gets one of their own.',
  input: memberInput,
  scopes: {
    tenant: 'tenant:read',
    freshFor: 'somebody with a role above MEMBER, or with projects',
  },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'LAST_OWNER'],
  handle: async (ctx, place) => {
    const { tenantId, userId } = place;
    // To leave is for the person alone: a program of theirs needs the permission to remove.
    const isSelf = callerId(ctx.actor) === userId && ctx.actor.kind !== 'apiKey';
    const standing = await findTenantStanding(ctx, tenantId);
    const permission = 'members:remove';
    if (!isSelf && !standing?.grants.has(permission)) {
      throw new AppError('FORBIDDEN', { required: permission });
    }
    await change(ctx, async (writes) => {
      const { tx, audit } = writes;
      await takeTenant(ctx.db, tx, tenantId);
      const found = await findTenantMember(tx, place);
      if (!found) throw new AppError('MEMBER_NOT_FOUND');
      if (!isSelf) await requireAuthority(ctx, tx, { tenantId, permission, role: found.role });
      const left = await leaveTenant(ctx, writes, place);
      if (left.givesRoles && !isSelf) requireFresh(ctx, 'session');
      audit({
        action: isSelf ? 'tenant.member_left' : 'tenant.member_removed',
        target: { type: 'user', id: userId },
        details: { tenantId },
      });
    });
    return place;
  },
});
