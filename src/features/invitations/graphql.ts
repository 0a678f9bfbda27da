import { builder, GUARDED, GRANT, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import { Tenant, TenantRole } from '../tenants/graphql.ts';
import type { TenantRow } from '../tenants/store.ts';
import {
  acceptTenantInvitation,
  inviteTenantMember,
  registerByInvitation,
  revokeTenantInvitation,
  tenantInvitations,
} from './operations.ts';
import type { InvitationRow } from './store.ts';

const TenantInvitation = builder.prismaObject('TenantInvitation', {
  description: 'A place in a tenant that waits for whoever reads the mail of an address.',
  extensions: GUARDED,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'What `revokeTenantInvitation` takes.' }),
    email: t.exposeString('email', { description: 'Where it went.' }),
    role: t.expose('role', { type: TenantRole, description: 'The role that it gives.' }),
    inviterId: t.exposeID('inviterId', { description: 'The account of whoever invited.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it runs out.' }),
  }),
});

builder.prismaObjectField(Tenant, 'invitations', (t) =>
  t.connection({
    type: TenantInvitation,
    nullable: true,
    description: `${tenantInvitations.description} Null, with an error, for who may not see them.`,
    authScopes: ({ id }) => ({ tenant: { id, permission: 'members:read' } }),
    resolve: async ({ id }, page, ctx) =>
      toConnection(await tenantInvitations.run(ctx, { ...page, tenantId: id })),
  }),
);

const InviteTenantMemberPayload = builder
  .objectRef<{ readonly invitation: InvitationRow }>('InviteTenantMemberPayload')
  .implement({
    description: 'The invitation is on its way; what the mail links to is told to nobody else.',
    extensions: OPEN,
    fields: (t) => ({
      invitation: t.expose('invitation', {
        type: TenantInvitation,
        description: 'What waits to be accepted.',
        extensions: GRANT,
      }),
    }),
  });

const RevokeTenantInvitationPayload = builder
  .objectRef<{ readonly invitationId: string }>('RevokeTenantInvitationPayload')
  .implement({
    description: 'The invitation is good for nothing any more.',
    extensions: OPEN,
    fields: (t) => ({
      invitationId: t.exposeID('invitationId', { description: 'Which it was.' }),
    }),
  });

const AcceptTenantInvitationPayload = builder
  .objectRef<{ readonly tenant: TenantRow }>('AcceptTenantInvitationPayload')
  .implement({
    description: 'The caller is a member.',
    extensions: OPEN,
    fields: (t) => ({
      tenant: t.expose('tenant', { type: Tenant, description: 'What they joined.' }),
    }),
  });

mutationOf(inviteTenantMember, InviteTenantMemberPayload);
mutationOf(revokeTenantInvitation, RevokeTenantInvitationPayload);
mutationOf(acceptTenantInvitation, AcceptTenantInvitationPayload);
mutationOf(registerByInvitation, AuthPayload);
