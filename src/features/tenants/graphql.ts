import { membershipsOf } from '../../access/memberships.ts';
import { PERMISSIONS } from '../../access/policy.ts';
import { TENANT_ROLES } from '../../core/roles.ts';
import { findTenantStanding } from '../../access/standing.ts';
import { batched } from '../../schema/batch.ts';
import { builder, GRANT, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { Node } from '../../schema/node.ts';
import { reads } from '../../schema/reads.ts';
import { User } from '../users/graphql.ts';
import type { ShownUser } from '../users/store.ts';
import {
  removeTenantMember,
  tenant,
  tenantMemberCount,
  tenantMembers,
  tenantsOfUsers,
  updateTenant,
  updateTenantMember,
} from './operations.ts';
import type { TenantMember as TenantMemberShape, TenantRow } from './store.ts';

export const TenantRole = builder.enumType('TenantRole', {
  description: 'Rights over a tenant, the highest first.',
  values: TENANT_ROLES,
});

export const Tenant = builder.prismaObject('Tenant', {
  description: 'A customer of the installation: its members and its projects.',
  interfaces: [Node],
  authScopes: ({ id }) => ({ tenant: { id, permission: 'tenant:read' } }),
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    name: t.exposeString('name', { description: 'The name that people see.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    role: t.field({
      type: TenantRole,
      nullable: true,
      description: "The caller's own role in it. Null for an administrator who is no member.",
      resolve: async ({ id }, _args, ctx) => (await membershipsOf(ctx)).tenants.get(id) ?? null,
    }),
    permissions: t.stringList({
      description: 'What the caller may do in it.',
      resolve: async ({ id }, _args, ctx) => {
        const standing = await findTenantStanding(ctx, id);
        return PERMISSIONS.tenant.filter((permission) => standing?.grants.has(permission));
      },
    }),
  }),
});

const TenantMember = builder.objectRef<TenantMemberShape>('TenantMember').implement({
  description: "Somebody's place in a tenant.",
  extensions: GUARDED,
  fields: (t) => ({
    user: t.expose('user', { type: User, description: 'Who it is.', extensions: GRANT }),
    role: t.expose('role', { type: TenantRole, description: 'Their role in the tenant.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

builder.objectField(Tenant, 'members', (t) =>
  t.connection(
    {
      type: TenantMember,
      nullable: true,
      description: `${tenantMembers.description} Null, with an error, for who may not see them.`,
      authScopes: ({ id }) => ({ tenant: { id, permission: 'members:read' } }),
      resolve: async ({ id }, page, ctx) => ({
        ...toConnection(await tenantMembers.run(ctx, { ...page, tenantId: id })),
        tenantId: id,
      }),
    },
    {
      fields: (t) => ({
        totalCount: t.int({
          description: tenantMemberCount.description,
          resolve: ({ tenantId }, _args, ctx) => tenantMemberCount.run(ctx, { tenantId }),
        }),
      }),
    },
  ),
);

builder.queryField('tenant', (t) =>
  t.field({
    type: Tenant,
    nullable: true,
    ...offer(tenant),
    args: { id: t.arg.id({ description: 'Which; the own one unless told.' }) },
    resolve: (_root, args, ctx) => tenant.run(ctx, args),
  }),
);

const UpdateTenantPayload = builder
  .objectRef<{ readonly tenant: TenantRow }>('UpdateTenantPayload')
  .implement({
    description: 'The tenant is changed.',
    extensions: OPEN,
    fields: (t) => ({
      tenant: t.expose('tenant', { type: Tenant, description: 'As it is now.' }),
    }),
  });

const UpdateTenantMemberPayload = builder
  .objectRef<{ readonly member: TenantMemberShape }>('UpdateTenantMemberPayload')
  .implement({
    description: 'The member has the role.',
    extensions: OPEN,
    fields: (t) => ({
      member: t.expose('member', {
        type: TenantMember,
        description: 'As they are now.',
        extensions: GRANT,
      }),
    }),
  });

const RemoveTenantMemberPayload = builder
  .objectRef<{ readonly tenantId: string; readonly userId: string }>('RemoveTenantMemberPayload')
  .implement({
    description: 'They are in the tenant no more.',
    extensions: OPEN,
    fields: (t) => ({
      tenantId: t.exposeID('tenantId', { description: 'The tenant.' }),
      userId: t.exposeID('userId', { description: 'Who was in it.' }),
    }),
  });

mutationOf(updateTenant, UpdateTenantPayload);
mutationOf(updateTenantMember, UpdateTenantMemberPayload);
mutationOf(removeTenantMember, RemoveTenantMemberPayload);

const tenantsOf = batched<string, readonly TenantRow[]>(
  (ctx, userIds) => tenantsOfUsers.run(ctx, { userIds }),
  [],
);

builder.objectField(User, 'tenants', (t) =>
  t.field({
    type: [Tenant],
    description:
      'The tenants that they are a member of, the earliest joined first; of others those whose members the caller may see.',
    extensions: reads<ShownUser>('id'),
    resolve: async ({ id }, _args, ctx) => [...(await tenantsOf(ctx, id))],
  }),
);
