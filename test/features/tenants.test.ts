import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICY } from '../../src/access/policy.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import {
  USER_TENANTS,
  OWN_TENANTS,
  TENANT,
  TENANT_MEMBERS,
  UPDATE_TENANT,
} from '../support/tenant-documents.ts';
import { joinMany, registerOwner, team } from '../support/tenants.ts';

describe.each(providers)('tenants on %s', (provider) => {
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

  const actionsOn = async (targetId: string) =>
    (
      await app.services.db.prisma.auditEvent.findMany({
        where: { targetId },
        orderBy: { sequence: 'asc' },
      })
    ).map(({ action, details }) => [action, JSON.parse(details)] as const);

  describe('of a person', () => {
    it('say what the person may do in them', async () => {
      const owner = await newOwner('own');
      const { data } = await app.graphql(OWN_TENANTS, {}, owner.token);
      expect(data.me.tenants).toEqual([
        {
          id: owner.tenantId,
          name: `own${count}`,
          createdAt: app.clock.now().toISOString(),
          role: 'OWNER',
          permissions: expect.arrayContaining([...POLICY.tenant.OWNER]),
        },
      ]);
      expect(data.me.tenants[0]?.permissions).toHaveLength(POLICY.tenant.OWNER.length);
    });

    it('are seen by administrators, with a role only where they are members', async () => {
      const owner = await newOwner('aaa');
      const { data } = await app.graphql(USER_TENANTS, { first: 2 }, admin);
      expect(data.users.edges.map(({ node }) => node)).toEqual([
        { username: `aaa${count}`, tenants: [{ name: `aaa${count}`, role: null }] },
        { username: 'admin', tenants: [{ name: 'admin', role: 'OWNER' }] },
      ]);
      expect(owner.tenantId).not.toBe('');
    });

    it('cost the same number of statements for one user and for many', async () => {
      for (let i = 0; i < 5; i++) await newOwner();
      const statements = async (first: number) =>
        (await listStatements(() => app.graphql(USER_TENANTS, { first }, admin))).length;
      const forOne = await statements(1);
      expect(forOne).toBeGreaterThan(0);
      expect(await statements(6)).toBe(forOne);
    });
  });

  describe('tenant', () => {
    it('is the one that the caller has been in longest where none is named', async () => {
      const { member, tenantId } = await newTeam();
      const ask = (id?: string) => app.graphql(TENANT, id ? { id } : {}, member.token);
      expect((await ask()).data.tenant).toMatchObject({ id: member.tenantId, role: 'OWNER' });
      expect((await ask(tenantId)).data.tenant).toMatchObject({
        role: 'MEMBER',
        permissions: ['tenant:read'],
      });
    });

    it('is any to a system administrator, and null where there is none', async () => {
      const { tenantId } = await newTeam();
      const ask = async (id: string) => (await app.graphql(TENANT, { id }, admin)).data.tenant;
      expect(await ask(tenantId)).toMatchObject({ id: tenantId, role: null });
      expect(await ask(randomUUID())).toBeNull();
    });
  });

  describe('updateTenant', () => {
    it('names it anew, for owners and system administrators alone', async () => {
      const { tenantId, owner, manager, member } = await newTeam();
      const rename = (by: string, name: string) =>
        app.graphql(UPDATE_TENANT, { input: { tenantId, name } }, by);
      const { data } = await rename(owner.token, ' Rockets ');
      expect(expectType(data.updateTenant, 'UpdateTenantPayload').tenant.name).toBe('Rockets');
      for (const { token } of [manager, member]) {
        const { errors } = await rename(token, 'Mine');
        expect(errors[0]?.extensions).toMatchObject({
          code: 'FORBIDDEN',
          required: 'tenant:update',
        });
      }
      expectType((await rename(admin, 'Comets')).data.updateTenant, 'UpdateTenantPayload');
      expect(await actionsOn(tenantId)).toEqual([
        ['tenant.updated', { fields: ['name'] }],
        ['tenant.updated', { fields: ['name'] }],
      ]);
    });

    it.each([' ', 'x'.repeat(201), 'a\nb'])('refuses the name %j', async (name) => {
      const { token, tenantId } = await newOwner();
      const { errors } = await app.graphql(UPDATE_TENANT, { input: { tenantId, name } }, token);
      expect(errors[0]?.extensions).toMatchObject({ issues: [{ path: ['name'] }] });
    });

    it('knows no tenant that is not there, to a system administrator neither', async () => {
      const input = { tenantId: randomUUID(), name: 'x' };
      const { data } = await app.graphql(UPDATE_TENANT, { input }, admin);
      expectType(data.updateTenant, 'TenantNotFoundError');
    });
  });

  describe('tenant.members', () => {
    it('come page by page in the order they joined, in both directions', async () => {
      const owner = await newOwner();
      app.clock.step(1);
      const ids = await joinMany(app, owner.tenantId, 9, 'MEMBER');
      const page = async (args: object) => {
        const { data } = await app.graphql(TENANT_MEMBERS, args, owner.token);
        return data.tenant!.members!;
      };
      const forward: string[] = [];
      for (let after: string | null = null; ;) {
        const { edges, pageInfo }: Awaited<ReturnType<typeof page>> = await page({
          first: 4,
          after,
        });
        forward.push(...edges.map(({ node }) => node.user.id));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      expect(forward).toEqual([owner.id, ...ids]);
      const backward: string[] = [];
      for (let before: string | null = null; ;) {
        const { edges, pageInfo }: Awaited<ReturnType<typeof page>> = await page({
          last: 4,
          before,
        });
        backward.unshift(...edges.map(({ node }) => node.user.id));
        if (!pageInfo.hasPreviousPage) break;
        before = pageInfo.startCursor;
      }
      expect(backward).toEqual(forward);
      expect((await page({ first: 1 })).totalCount).toBe(10);
    });

    it('are hidden from members without a role over them, who keep the rest', async () => {
      const { tenantId, member } = await newTeam();
      const { data, errors } = await app.graphql(TENANT_MEMBERS, { id: tenantId }, member.token);
      expect(data.tenant).toEqual({ id: tenantId, members: null });
      expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
        [['tenant', 'members'], 'FORBIDDEN'],
      ]);
    });
  });
});
