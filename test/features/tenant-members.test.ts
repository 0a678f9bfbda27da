import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import {
  OWN_TENANTS,
  TENANT,
  TENANT_MEMBERS,
  UPDATE_TENANT_MEMBER,
  REMOVE_TENANT_MEMBER,
} from '../support/tenant-documents.ts';
import { joinMany, registerOwner, rolesIn, team } from '../support/tenants.ts';

type Role = 'OWNER' | 'ADMIN' | 'MEMBER';

describe.each(providers)('members of a tenant on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;

  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newOwner = (name = 'p') => registerOwner(app, `${name}${++count}`);

  const newTeam = () => team(app, newOwner);

  async function setRole(by: string, tenantId: string, userId: string, role: Role) {
    const input = { tenantId, userId, role };
    const { data, errors } = await app.graphql(UPDATE_TENANT_MEMBER, { input }, by);
    return errors[0]?.extensions.code ?? data.updateTenantMember.__typename;
  }

  async function remove(by: string, tenantId: string, userId: string) {
    const input = { tenantId, userId };
    const { data, errors } = await app.graphql(REMOVE_TENANT_MEMBER, { input }, by);
    return errors[0]?.extensions.code ?? data.removeTenantMember.__typename;
  }

  const actionsOn = async (targetId: string) =>
    (
      await app.services.db.prisma.auditEvent.findMany({
        where: { targetId },
        orderBy: { sequence: 'asc' },
      })
    ).map(({ action, details }) => [action, JSON.parse(details)] as const);

  describe('updateTenantMember', () => {
    it('gives a role that counts from the next request on, and writes it down', async () => {
      const { tenantId, owner, member } = await newTeam();
      expect(await setRole(owner.token, tenantId, member.id, 'ADMIN')).toBe(
        'UpdateTenantMemberPayload',
      );
      const { data } = await app.graphql(TENANT_MEMBERS, { id: tenantId }, member.token);
      expect(data.tenant?.members?.edges).toHaveLength(3);
      expect(await actionsOn(member.id)).toEqual([
        ['auth.registered', {}],
        ['tenant.member_role_changed', { tenantId, role: 'ADMIN' }],
      ]);
    });

    it('neither gives nor takes a role above the own', async () => {
      const { tenantId, owner, manager, member } = await newTeam();
      expect(await setRole(manager.token, tenantId, member.id, 'OWNER')).toBe('FORBIDDEN');
      expect(await setRole(manager.token, tenantId, manager.id, 'OWNER')).toBe('FORBIDDEN');
      expect(await setRole(manager.token, tenantId, owner.id, 'MEMBER')).toBe('FORBIDDEN');
      expect(await setRole(member.token, tenantId, manager.id, 'MEMBER')).toBe('FORBIDDEN');
      expect(await setRole(manager.token, tenantId, member.id, 'ADMIN')).toBe(
        'UpdateTenantMemberPayload',
      );
      expect(await setRole(admin, tenantId, member.id, 'OWNER')).toBe('UpdateTenantMemberPayload');
      expect(Object.values(await rolesIn(app, tenantId)).sort()).toEqual([
        'ADMIN',
        'OWNER',
        'OWNER',
      ]);
    });

    it('leaves the last owner one, to system administrators too', async () => {
      const { tenantId, owner } = await newTeam();
      expect(await setRole(owner.token, tenantId, owner.id, 'MEMBER')).toBe('LastOwnerError');
      expect(await setRole(admin, tenantId, owner.id, 'ADMIN')).toBe('LastOwnerError');
      expect(await setRole(owner.token, tenantId, owner.id, 'OWNER')).toBe(
        'UpdateTenantMemberPayload',
      );
    });

    it('knows nobody who is not in the tenant', async () => {
      const { tenantId, owner } = await newTeam();
      const stranger = await newOwner();
      expect(await setRole(owner.token, tenantId, stranger.id, 'ADMIN')).toBe(
        'MemberNotFoundError',
      );
      expect(await setRole(admin, randomUUID(), stranger.id, 'ADMIN')).toBe('TenantNotFoundError');
    });

    it('keeps one owner of fifty who all step down at once', async () => {
      const owner = await newOwner();
      const others = await joinMany(app, owner.tenantId, 49, 'OWNER');
      const answers = await Promise.all(
        [owner.id, ...others].map((id) => setRole(admin, owner.tenantId, id, 'ADMIN')),
      );
      expect(answers.filter((answer) => answer === 'LastOwnerError')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'UpdateTenantMemberPayload')).toHaveLength(49);
      const roles = Object.values(await rolesIn(app, owner.tenantId));
      expect(roles.filter((role) => role === 'OWNER')).toHaveLength(1);
    });
  });

  describe('removeTenantMember', () => {
    it('ends what they may do there from the next request on', async () => {
      const { tenantId, manager, member } = await newTeam();
      expect(await remove(manager.token, tenantId, member.id)).toBe('RemoveTenantMemberPayload');
      const { data } = await app.graphql(TENANT, { id: tenantId }, member.token);
      expect(data.tenant).toBeNull();
      expect(await actionsOn(member.id)).toEqual([
        ['auth.registered', {}],
        ['tenant.member_removed', { tenantId }],
      ]);
    });

    it('removes nobody above oneself, and without the role only oneself', async () => {
      const { tenantId, owner, manager, member } = await newTeam();
      expect(await remove(manager.token, tenantId, owner.id)).toBe('FORBIDDEN');
      expect(await remove(member.token, tenantId, manager.id)).toBe('FORBIDDEN');
      expect(await remove(member.token, tenantId, member.id)).toBe('RemoveTenantMemberPayload');
      expect(await actionsOn(member.id)).toEqual([
        ['auth.registered', {}],
        ['tenant.member_left', { tenantId }],
      ]);
    });

    it('leaves the last owner where they are', async () => {
      const { tenantId, owner } = await newTeam();
      expect(await remove(owner.token, tenantId, owner.id)).toBe('LastOwnerError');
      expect(await remove(admin, tenantId, owner.id)).toBe('LastOwnerError');
    });

    it('gives who is left without a tenant one of their own', async () => {
      const { tenantId, owner, member } = await newTeam();
      const { prisma } = app.services.db;
      await prisma.tenant.delete({ where: { id: member.tenantId } });
      expect(await remove(owner.token, tenantId, member.id)).toBe('RemoveTenantMemberPayload');
      const { data } = await app.graphql(OWN_TENANTS, {}, member.token);
      expect(data.me.tenants).toMatchObject([{ role: 'OWNER' }]);
      expect(data.me.tenants[0]?.id).not.toBe(tenantId);
    });

    it('keeps one owner of fifty who all leave or step down at once', async () => {
      const owner = await newOwner();
      const others = await joinMany(app, owner.tenantId, 49, 'OWNER');
      await Promise.all(
        [owner.id, ...others].map((id, i) =>
          i % 2 === 0
            ? remove(admin, owner.tenantId, id)
            : setRole(admin, owner.tenantId, id, 'MEMBER'),
        ),
      );
      const roles = Object.values(await rolesIn(app, owner.tenantId));
      expect(roles.filter((role) => role === 'OWNER')).toHaveLength(1);
    });
  });
});
