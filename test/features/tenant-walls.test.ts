import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import {
  INVITE_TENANT_MEMBER,
  REMOVE_TENANT_MEMBER,
  REVOKE_TENANT_INVITATION,
  TENANT,
  TENANT_INVITATIONS,
  TENANT_MEMBERS,
  UPDATE_TENANT,
  UPDATE_TENANT_MEMBER,
} from '../support/tenant-documents.ts';
import { setUpAdmin } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import { invite, join, type Owner, registerOwner } from '../support/tenants.ts';

/** What somebody names of another's: that is there, or that is not. */
interface Things {
  readonly tenantId: string;
  readonly userId: string;
  readonly invitationId: string;
}

/** Of the caller's own. */
interface Own {
  readonly tenantId: string;
}

const input = (fields: object) => ({ input: fields });

/** Every operation that names something of a tenant. */
const OPERATIONS = {
  tenant: [TENANT, ({ tenantId }: Things) => ({ id: tenantId })],
  'tenant.members': [TENANT_MEMBERS, ({ tenantId }: Things) => ({ id: tenantId })],
  'tenant.invitations': [TENANT_INVITATIONS, ({ tenantId }: Things) => ({ id: tenantId })],
  updateTenant: [UPDATE_TENANT, ({ tenantId }: Things) => input({ tenantId, name: 'Mine' })],
  inviteTenantMember: [
    INVITE_TENANT_MEMBER,
    ({ tenantId }: Things) => input({ tenantId, email: 'me@example.com', role: 'MEMBER' }),
  ],
  'revokeTenantInvitation of their tenant': [
    REVOKE_TENANT_INVITATION,
    ({ tenantId, invitationId }: Things) => input({ tenantId, invitationId }),
  ],
  'revokeTenantInvitation of the own tenant': [
    REVOKE_TENANT_INVITATION,
    ({ invitationId }: Things, { tenantId }: Own) => input({ tenantId, invitationId }),
  ],
  'updateTenantMember of their tenant': [
    UPDATE_TENANT_MEMBER,
    ({ tenantId, userId }: Things) => input({ tenantId, userId, role: 'MEMBER' }),
  ],
  'updateTenantMember of the own tenant': [
    UPDATE_TENANT_MEMBER,
    ({ userId }: Things, { tenantId }: Own) => input({ tenantId, userId, role: 'MEMBER' }),
  ],
  'removeTenantMember of their tenant': [
    REMOVE_TENANT_MEMBER,
    ({ tenantId, userId }: Things) => input({ tenantId, userId }),
  ],
  'removeTenantMember of the own tenant': [
    REMOVE_TENANT_MEMBER,
    ({ userId }: Things, { tenantId }: Own) => input({ tenantId, userId }),
  ],
} as const;

describe.each(providers)('another tenant on %s', (provider) => {
  let app: TestApp;
  let caller: Owner;
  let theirs: Things;

  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    const other = await registerOwner(app, 'other');
    const member = await registerOwner(app, 'member');
    await join(app, other.tenantId, member.id, 'MEMBER');
    const { invitation } = await invite(app, other, 'guest@example.com');
    theirs = { tenantId: other.tenantId, userId: member.id, invitationId: invitation.id };
    caller = await registerOwner(app, 'caller');
  });
  afterAll(() => app.close());

  const missing = (): Things => ({
    tenantId: randomUUID(),
    userId: randomUUID(),
    invitationId: randomUUID(),
  });

  it.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])(
    'answers %s as if it were not there, after the same statements',
    async (name) => {
      const [document, variablesOf] = OPERATIONS[name];
      const ask = async (things: Things) => {
        let answer: unknown;
        const statements = await listStatements(async () => {
          const variables = variablesOf(things, caller);
          const body = { query: String(document), variables };
          const { status, text } = await app.rest('POST', '/graphql', {
            body,
            token: caller.token,
          });
          answer = { status, text };
        });
        return { answer, statements };
      };
      await ask(missing());
      const ofNothing = await ask(missing());
      const ofTheirs = await ask(theirs);
      expect(ofTheirs).toEqual(ofNothing);
      expect(ofNothing.statements.length).toBeGreaterThan(0);
    },
  );

  it('is left as it was', async () => {
    const tenant = await app.services.db.prisma.tenant.findUniqueOrThrow({
      where: { id: theirs.tenantId },
      include: { memberships: true, invitations: true },
    });
    expect(tenant).toMatchObject({ name: 'other' });
    expect(tenant.memberships).toHaveLength(2);
    expect(tenant.invitations).toHaveLength(1);
  });
});
