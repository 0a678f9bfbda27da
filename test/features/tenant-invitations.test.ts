import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/adapters/digest.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { REGISTER } from '../support/documents.ts';
import { readOutbox } from '../support/outbox.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import {
  TENANT_INVITATIONS,
  INVITE_TENANT_MEMBER,
  REVOKE_TENANT_INVITATION,
  ACCEPT_TENANT_INVITATION,
  REGISTER_BY_INVITATION,
} from '../support/tenant-documents.ts';
import { invite, join, type Owner, registerOwner, tokenMailedTo } from '../support/tenants.ts';

type Role = 'OWNER' | 'ADMIN' | 'MEMBER';

const HOURS = 3600;

describe.each(providers)('invitations on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;

  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: 'boss' } });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newOwner = () => registerOwner(app, `p${++count}`);
  const newAddress = () => `guest${++count}@example.com`;
  const db = () => app.services.db.prisma;

  async function ask(by: string, tenantId: string, email: string, role: Role = 'MEMBER') {
    const input = { tenantId, email, role };
    const { data, errors } = await app.graphql(INVITE_TENANT_MEMBER, { input }, by);
    return errors[0]?.extensions.code ?? data.inviteTenantMember.__typename;
  }

  async function accept(by: string, invitationToken: string) {
    const input = { invitationToken };
    const { data, errors } = await app.graphql(ACCEPT_TENANT_INVITATION, { input }, by);
    return errors[0]?.extensions.code ?? data.acceptTenantInvitation.__typename;
  }

  async function registerBy(invitationToken: string, username: string | null = null) {
    const input = { invitationToken, username, password: PASSWORD };
    return (await app.graphql(REGISTER_BY_INVITATION, { input })).data.registerByInvitation;
  }

  async function revoke(by: string, tenantId: string, invitationId: string) {
    const input = { tenantId, invitationId };
    const { data, errors } = await app.graphql(REVOKE_TENANT_INVITATION, { input }, by);
    return errors[0]?.extensions.code ?? data.revokeTenantInvitation.__typename;
  }

  const pending = async ({ token, tenantId }: Pick<Owner, 'token' | 'tenantId'>) => {
    const { data } = await app.graphql(TENANT_INVITATIONS, { id: tenantId }, token);
    return data.tenant!.invitations!.nodes;
  };

  const actionsOn = async (targetId: string) =>
    (await db().auditEvent.findMany({ where: { targetId }, orderBy: { sequence: 'asc' } })).map(
      ({ action, details }) => [action, JSON.parse(details)] as const,
    );

  describe('inviteTenantMember', () => {
    it('mails a link whose token is kept as a hash and told to nobody else', async () => {
      const owner = await newOwner();
      const email = newAddress();
      const input = { tenantId: owner.tenantId, email, role: 'ADMIN' } as const;
      const answer = await app.graphql(INVITE_TENANT_MEMBER, { input }, owner.token);
      const { invitation } = expectType(
        answer.data.inviteTenantMember,
        'InviteTenantMemberPayload',
      );
      expect(invitation).toEqual({
        id: expect.any(String),
        email,
        role: 'ADMIN',
        inviterId: owner.id,
        createdAt: app.clock.now().toISOString(),
        expiresAt: new Date(app.clock.now().getTime() + 72 * HOURS * 1000).toISOString(),
      });
      const mail = (await readOutbox(app.services)).find(({ toAddress }) => toAddress === email)!;
      const token = await tokenMailedTo(app, email);
      expect(mail).toMatchObject({ kind: 'tenantInvitation', toName: '' });
      expect(mail.text).toContain(`http://vestibule.test/invitation#token=${token}\n`);
      expect(mail.subject).not.toContain(token);
      expect(token).toMatch(/^[\w-]{43}$/);
      const row = await db().tenantInvitation.findUniqueOrThrow({ where: { id: invitation.id } });
      expect(row.tokenHash).toBe(sha256(token));
      expect(JSON.stringify([answer, row, app.logged])).not.toContain(token);
      expect(await actionsOn(owner.tenantId)).toEqual([
        ['tenant.member_invited', { role: 'ADMIN' }],
      ]);
    });

    it('gives no role above the own, and is for who may invite', async () => {
      const owner = await newOwner();
      const [manager, member] = [await newOwner(), await newOwner()];
      await join(app, owner.tenantId, manager.id, 'ADMIN');
      await join(app, owner.tenantId, member.id, 'MEMBER');
      const { tenantId } = owner;
      expect(await ask(manager.token, tenantId, newAddress(), 'OWNER')).toBe('FORBIDDEN');
      expect(await ask(manager.token, tenantId, newAddress(), 'ADMIN')).toBe(
        'InviteTenantMemberPayload',
      );
      expect(await ask(member.token, tenantId, newAddress())).toBe('FORBIDDEN');
      expect(await ask(admin, tenantId, newAddress(), 'OWNER')).toBe('InviteTenantMemberPayload');
      expect(await ask(admin, randomUUID(), newAddress())).toBe('TenantNotFoundError');
    });

    it('answers alike whether or not the address has an account, after as many statements', async () => {
      const owner = await newOwner();
      const known = newAddress();
      const input = { email: known, password: PASSWORD };
      expectType((await app.graphql(REGISTER, { input })).data.register, 'AuthPayload');
      const answers: unknown[] = [];
      const work = async (email: string) => {
        const input = { tenantId: owner.tenantId, email, role: 'MEMBER' } as const;
        const { data } = await app.graphql(INVITE_TENANT_MEMBER, { input }, owner.token);
        const { invitation } = expectType(data.inviteTenantMember, 'InviteTenantMemberPayload');
        answers.push({ ...invitation, id: '', email: '' });
      };
      await work(newAddress());
      const unknown = newAddress();
      const forKnown = await listStatements(() => work(known));
      const forUnknown = await listStatements(() => work(unknown));
      expect(forKnown).toEqual(forUnknown);
      expect(answers[1]).toEqual(answers[2]);
      const outbox = await readOutbox(app.services);
      const [toKnown, toUnknown] = [known, unknown].map((email) =>
        outbox.find(({ toAddress }) => toAddress === email)?.text.replace(/token=.*/, ''),
      );
      expect(toKnown).toBe(toUnknown);
    });

    it('knows who is a member already', async () => {
      const owner = await newOwner();
      const { invitationToken, invitation } = await invite(app, owner, newAddress());
      expectType(await registerBy(invitationToken), 'AuthPayload');
      expect(await ask(owner.token, owner.tenantId, invitation.email.toUpperCase())).toBe(
        'AlreadyMemberError',
      );
    });

    it('replaces an older invitation of the same address', async () => {
      const owner = await newOwner();
      const email = newAddress();
      const first = await invite(app, owner, email, 'ADMIN');
      app.clock.step(1);
      const second = await invite(app, owner, email.toUpperCase().replace('@EXAMPLE', '@example'));
      expect(await pending(owner)).toMatchObject([{ id: second.invitation.id, role: 'MEMBER' }]);
      expect((await registerBy(first.invitationToken)).__typename).toBe('InvitationInvalidError');
      expect((await registerBy(second.invitationToken)).__typename).toBe('AuthPayload');
    });

    it('lets nobody replace or revoke one with a role above their own', async () => {
      const owner = await newOwner();
      const manager = await newOwner();
      await join(app, owner.tenantId, manager.id, 'ADMIN');
      const email = newAddress();
      const { invitation } = await invite(app, owner, email, 'OWNER');
      expect(await ask(manager.token, owner.tenantId, email)).toBe('FORBIDDEN');
      expect(await revoke(manager.token, owner.tenantId, invitation.id)).toBe('FORBIDDEN');
      expect(await pending(owner)).toMatchObject([{ id: invitation.id }]);
    });

    it('keeps one of ten of an address that are made at once', async () => {
      const owner = await newOwner();
      const email = newAddress();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => ask(owner.token, owner.tenantId, email)),
      );
      expect(new Set(answers)).toEqual(new Set(['InviteTenantMemberPayload']));
      expect(await pending(owner)).toHaveLength(1);
    });
  });

  it('slow down a tenant that invites many, or one address again and again', async () => {
    const throttled = await startApp({ provider, env: { THROTTLE: 'on' } });
    try {
      await setUpAdmin(throttled);
      const [owner, other] = [
        await registerOwner(throttled, 'owner'),
        await registerOwner(throttled, 'other'),
      ];
      const ask = async ({ token, tenantId }: Owner, email: string) => {
        const input = { tenantId, email, role: 'MEMBER' } as const;
        const { errors } = await throttled.graphql(INVITE_TENANT_MEMBER, { input }, token);
        return errors[0]?.extensions['retryAfterSeconds'];
      };
      for (let i = 0; i < 5; i++) expect(await ask(owner, 'guest@example.com')).toBeUndefined();
      expect(await ask(owner, 'GUEST@example.com')).toBe(3600);
      expect(await ask(other, 'guest@example.com')).toBeUndefined();
      for (let i = 5; i < 30; i++) expect(await ask(owner, `g${i}@example.com`)).toBeUndefined();
      expect(await ask(owner, 'last@example.com')).toBe(60);
      throttled.clock.step(60);
      expect(await ask(owner, 'last@example.com')).toBeUndefined();
    } finally {
      await throttled.close();
    }
  });

  describe('tenant.invitations', () => {
    it('are the pending ones, the newest first, page by page', async () => {
      const owner = await newOwner();
      const emails = [newAddress(), newAddress(), newAddress()];
      for (const email of emails) {
        app.clock.step(1);
        await invite(app, owner, email);
      }
      const page = async (after: string | null) => {
        const variables = { id: owner.tenantId, first: 2, after };
        const { data } = await app.graphql(TENANT_INVITATIONS, variables, owner.token);
        return data.tenant!.invitations!;
      };
      const first = await page(null);
      expect(first.nodes.map(({ email }) => email)).toEqual([emails[2], emails[1]]);
      const second = await page(first.pageInfo.endCursor);
      expect(second.nodes.map(({ email }) => email)).toEqual([emails[0]]);
      expect(second.pageInfo.hasNextPage).toBe(false);
    });
  });

  describe('revokeTenantInvitation', () => {
    it('makes the link good for nothing, once', async () => {
      const owner = await newOwner();
      const { invitation, invitationToken } = await invite(app, owner, newAddress());
      expect(await revoke(owner.token, owner.tenantId, invitation.id)).toBe(
        'RevokeTenantInvitationPayload',
      );
      expect(await revoke(owner.token, owner.tenantId, invitation.id)).toBe(
        'InvitationInvalidError',
      );
      expect(await accept(admin, invitationToken)).toBe('InvitationInvalidError');
      expect((await actionsOn(owner.tenantId)).at(-1)).toEqual([
        'tenant.invitation_revoked',
        { role: 'MEMBER' },
      ]);
    });
  });
});
