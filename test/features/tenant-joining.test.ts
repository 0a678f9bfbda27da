import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { REGISTER } from '../support/documents.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import {
  OWN_TENANTS,
  TENANT_INVITATIONS,
  ACCEPT_TENANT_INVITATION,
  REGISTER_BY_INVITATION,
} from '../support/tenant-documents.ts';
import { invite, join, type Owner, registerOwner, rolesIn } from '../support/tenants.ts';

const HOURS = 3600;

describe.each(providers)('joining by invitation on %s', (provider) => {
  let app: TestApp;
  let count = 0;

  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: 'boss' } });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const newOwner = () => registerOwner(app, `p${++count}`);
  const newAddress = () => `guest${++count}@example.com`;
  const db = () => app.services.db.prisma;

  async function accept(by: string, invitationToken: string) {
    const input = { invitationToken };
    const { data, errors } = await app.graphql(ACCEPT_TENANT_INVITATION, { input }, by);
    return errors[0]?.extensions.code ?? data.acceptTenantInvitation.__typename;
  }

  async function registerBy(invitationToken: string, username: string | null = null) {
    const input = { invitationToken, username, password: PASSWORD };
    return (await app.graphql(REGISTER_BY_INVITATION, { input })).data.registerByInvitation;
  }

  const pending = async ({ token, tenantId }: Pick<Owner, 'token' | 'tenantId'>) => {
    const { data } = await app.graphql(TENANT_INVITATIONS, { id: tenantId }, token);
    return data.tenant!.invitations!.nodes;
  };

  const actionsOn = async (targetId: string) =>
    (await db().auditEvent.findMany({ where: { targetId }, orderBy: { sequence: 'asc' } })).map(
      ({ action, details }) => [action, JSON.parse(details)] as const,
    );

  describe('acceptTenantInvitation', () => {
    it('joins with the role, and shows the tenant in the same answer', async () => {
      const [owner, guest] = [await newOwner(), await newOwner()];
      const { invitationToken } = await invite(app, owner, newAddress(), 'ADMIN');
      const input = { invitationToken };
      const { data } = await app.graphql(ACCEPT_TENANT_INVITATION, { input }, guest.token);
      const { tenant } = expectType(data.acceptTenantInvitation, 'AcceptTenantInvitationPayload');
      expect(tenant).toMatchObject({ id: owner.tenantId, role: 'ADMIN' });
      expect(await actionsOn(guest.id)).toEqual([
        ['auth.registered', {}],
        ['tenant.member_joined', { tenantId: owner.tenantId, role: 'ADMIN' }],
      ]);
    });

    it('verifies the e-mail address where it is the invited one, and no other', async () => {
      const owner = await newOwner();
      const email = newAddress();
      const verifiedAt = async () =>
        (await db().user.findUniqueOrThrow({ where: { emailKey: email } })).emailVerifiedAt;
      const register = { email, password: PASSWORD };
      const { data } = await app.graphql(REGISTER, { input: register });
      const { accessToken } = expectType(data.register, 'AuthPayload');

      const elsewhere = await invite(app, owner, newAddress());
      expect(await accept(accessToken, elsewhere.invitationToken)).toBe(
        'AcceptTenantInvitationPayload',
      );
      expect(await verifiedAt()).toBeNull();

      const other = await newOwner();
      const own = await invite(app, other, email);
      expect(await accept(accessToken, own.invitationToken)).toBe('AcceptTenantInvitationPayload');
      expect(await verifiedAt()).toEqual(app.clock.now());
    });

    it('leaves the invitation to another where the caller is a member already', async () => {
      const [owner, guest] = [await newOwner(), await newOwner()];
      const { invitationToken } = await invite(app, owner, newAddress());
      expect(await accept(owner.token, invitationToken)).toBe('AlreadyMemberError');
      expect(await accept(guest.token, invitationToken)).toBe('AcceptTenantInvitationPayload');
      expect(await accept(guest.token, invitationToken)).toBe('InvitationInvalidError');
    });

    it('is too late after 72 hours', async () => {
      const owner = await newOwner();
      const soon = await invite(app, owner, newAddress());
      const late = await invite(app, owner, newAddress());
      app.clock.step(72 * HOURS - 1);
      const { accessToken } = await signIn(app, `p${count - 2}`);
      expect(await pending({ token: accessToken, tenantId: owner.tenantId })).toHaveLength(2);
      expectType(await registerBy(soon.invitationToken), 'AuthPayload');
      app.clock.step(1);
      expectType(await registerBy(late.invitationToken), 'InvitationInvalidError');
      expect(await pending({ token: accessToken, tenantId: owner.tenantId })).toEqual([]);
    });

    it.each<[string, (inviter: Owner, tenantId: string) => Promise<unknown>]>([
      [
        'left the tenant',
        ({ id }, tenantId) =>
          db().tenantMembership.delete({ where: { tenantId_userId: { tenantId, userId: id } } }),
      ],
      [
        'lost the role for it',
        ({ id }, tenantId) =>
          db().tenantMembership.update({
            where: { tenantId_userId: { tenantId, userId: id } },
            data: { role: 'MEMBER' },
          }),
      ],
      ['was disabled', ({ id }) => db().user.update({ where: { id }, data: { disabled: true } })],
      ['was deleted', ({ id }) => db().user.delete({ where: { id } })],
    ])('is refused where whoever invited %s since', async (_what, happens) => {
      const [owner, manager, guest] = [await newOwner(), await newOwner(), await newOwner()];
      await join(app, owner.tenantId, manager.id, 'ADMIN');
      const inviter = { ...manager, tenantId: owner.tenantId };
      const { invitationToken } = await invite(app, inviter, newAddress(), 'ADMIN');
      await happens(manager, owner.tenantId);
      expect(await accept(guest.token, invitationToken)).toBe('InvitationInvalidError');
      expectType(await registerBy(invitationToken), 'InvitationInvalidError');
    });

    it('lets one of a hundred join who hold the same token', async () => {
      const owner = await newOwner();
      const guests = await Promise.all(Array.from({ length: 10 }, () => newOwner()));
      const { invitationToken } = await invite(app, owner, newAddress());
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => accept(guests[i % 10]!.token, invitationToken)),
      );
      expect(answers.filter((answer) => answer === 'AcceptTenantInvitationPayload')).toHaveLength(
        1,
      );
      expect(Object.keys(await rolesIn(app, owner.tenantId))).toHaveLength(2);
    });
  });

  describe('registerByInvitation', () => {
    it('makes an account with the verified address in that tenant alone', async () => {
      const owner = await newOwner();
      const { invitationToken, invitation } = await invite(app, owner, newAddress(), 'ADMIN');
      const answer = expectType(await registerBy(invitationToken, 'Joiner'), 'AuthPayload');
      const { user, accessToken } = answer;
      expect(user).toMatchObject({
        username: 'Joiner',
        email: invitation.email,
        systemRole: 'USER',
        emailVerified: true,
      });
      expect((await app.graphql(OWN_TENANTS, {}, accessToken)).data.me.tenants).toMatchObject([
        { id: owner.tenantId, role: 'ADMIN' },
      ]);
      const row = await db().user.findUniqueOrThrow({
        where: { id: user.id },
        include: { projectMemberships: { include: { project: true } } },
      });
      expect(row.projectMemberships).toMatchObject([
        {
          role: 'OWNER',
          projectId: row.defaultProjectId,
          project: { tenantId: owner.tenantId },
        },
      ]);
      expect(await actionsOn(user.id)).toEqual([
        ['auth.registered', {}],
        ['tenant.member_joined', { tenantId: owner.tenantId, role: 'ADMIN' }],
      ]);
      expectType(await registerBy(invitationToken, 'again'), 'InvitationInvalidError');
    });

    it('sends who has an account to sign in, and leaves the invitation as it is', async () => {
      const owner = await newOwner();
      const email = newAddress();
      const input = { email, password: PASSWORD };
      const { data } = await app.graphql(REGISTER, { input });
      const { accessToken } = expectType(data.register, 'AuthPayload');
      const { invitationToken } = await invite(app, owner, email);
      expect(await registerBy(invitationToken)).toEqual({
        __typename: 'EmailTakenError',
        code: 'EMAIL_TAKEN',
        message: 'This e-mail address has an account already. Sign in and accept the invitation.',
      });
      expect(await accept(accessToken, invitationToken)).toBe('AcceptTenantInvitationPayload');
    });

    it('refuses a taken name, the administrator’s, and a bad password, and may be tried again', async () => {
      const owner = await newOwner();
      const { invitationToken } = await invite(app, owner, newAddress());
      for (const username of ['admin', 'boss', 'ＢＯＳＳ']) {
        expectType(await registerBy(invitationToken, username), 'UsernameTakenError');
      }
      const input = { invitationToken, username: 'x', password: 'short' };
      const { data } = await app.graphql(REGISTER_BY_INVITATION, { input });
      expectType(data.registerByInvitation, 'PasswordRefusedError');
      expectType(await registerBy(invitationToken, `free${count}`), 'AuthPayload');
    });

    it('is open where self-registration is closed', async () => {
      const closed = await startApp({ provider, env: { SELF_REGISTRATION: 'admin' } });
      try {
        const { accessToken: token, user } = await setUpAdmin(closed);
        const { tenantId } = await closed.services.db.prisma.tenantMembership.findFirstOrThrow({
          where: { userId: user.id },
        });
        const owner = { id: user.id, token, tenantId };
        const { invitationToken } = await invite(closed, owner, 'guest@example.com');
        const input = { invitationToken, username: 'guest', password: PASSWORD };
        const { data } = await closed.graphql(REGISTER_BY_INVITATION, { input });
        expectType(data.registerByInvitation, 'AuthPayload');
      } finally {
        await closed.close();
      }
    });

    it('makes one account of a hundred for the same token', async () => {
      const owner = await newOwner();
      const { invitationToken, invitation } = await invite(app, owner, newAddress());
      const answers = await Promise.all(
        Array.from(
          { length: 100 },
          async (_, i) => (await registerBy(invitationToken, `many${count}-${i}`)).__typename,
        ),
      );
      expect(answers.filter((answer) => answer === 'AuthPayload')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'InvitationInvalidError')).toHaveLength(99);
      expect(await db().user.count({ where: { emailKey: invitation.email } })).toBe(1);
    });
  });
});
