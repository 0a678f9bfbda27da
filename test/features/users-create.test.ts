import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateUserInput } from '../generated/graphql.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { REMOVE_TENANT_MEMBER } from '../support/tenant-documents.ts';
import { CREATE_USER, DELETE_USER } from '../support/user-documents.ts';

describe.each(providers)('createUser on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let adminId: string;
  /** A tenant with an owner and an administrator of its own. */
  let tenantId: string;
  let owner: string;
  let tenantAdmin: string;

  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: ' root ' } });
    const first = await setUpAdmin(app, 'first');
    [admin, adminId] = [first.accessToken, first.user.id];
    const registered = await registerUser(app, 'owner');
    owner = registered.accessToken;
    tenantId = await tenantOf(registered.user.id);
    await createUser(app, owner, 'keeper', { tenantId, tenantRole: 'ADMIN' });
    tenantAdmin = (await signIn(app, 'keeper')).accessToken;
  });
  afterAll(() => app.close());

  const tenantOf = async (userId: string) =>
    (await app.services.db.prisma.tenantMembership.findFirstOrThrow({ where: { userId } }))
      .tenantId;
  const create = (token: string, input: Partial<CreateUserInput>) =>
    app.graphql(CREATE_USER, { input: { password: PASSWORD, ...input } }, token);
  const remove = (token: string, login: string) =>
    app.graphql(DELETE_USER, { input: { login } }, token);
  const codeOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) =>
    errors[0]?.extensions.code;
  const actionsOn = async (targetId: string) => {
    const where = { targetId };
    const events = await app.services.db.prisma.auditEvent.findMany({
      where,
      orderBy: { sequence: 'asc' },
    });
    return events.map(({ action, outcome, details }) => `${action} ${outcome} ${details}`);
  };

  it("makes an account in the administrator's own tenant, with a default project", async () => {
    const user = await createUser(app, admin, 'Made', { email: 'made@example.org', name: 'M' });
    expect(user).toMatchObject({ username: 'Made', systemRole: 'USER', name: 'M' });
    await signIn(app, 'made@example.org');
    const { db } = app.services;
    const row = await db.prisma.user.findUniqueOrThrow({
      where: { id: user.id },
      include: { tenantMemberships: true, defaultProject: { include: { memberships: true } } },
    });
    expect(row.tenantMemberships).toMatchObject([
      { tenantId: await tenantOf(adminId), role: 'MEMBER' },
    ]);
    expect(row.defaultProject?.memberships).toMatchObject([{ userId: user.id, role: 'OWNER' }]);
    expect(await actionsOn(user.id)).toEqual(['user.created success {"role":"USER"}']);
  });

  it('makes nobody for an administrator who was removed from the tenant meanwhile', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await createUser(app, owner, `leaver${round}`, {
        tenantId,
        tenantRole: 'ADMIN',
      });
      const { accessToken } = await signIn(app, `leaver${round}`);
      const input = { tenantId, userId: id };
      await Promise.all([
        ...[1, 2, 3, 4, 5].map((n) =>
          create(accessToken, { username: `late${round}-${n}`, tenantId }),
        ),
        app.graphql(REMOVE_TENANT_MEMBER, { input }, owner),
      ]);
      const { auditEvent } = app.services.db.prisma;
      const where = { action: 'tenant.member_removed', targetId: id };
      const removed = await auditEvent.findFirstOrThrow({ where });
      const made = { action: 'user.created', actorId: id, sequence: { gt: removed.sequence } };
      expect(await auditEvent.count({ where: made })).toBe(0);
    }
  });

  it('makes one without a project when told', async () => {
    const { id } = await createUser(app, admin, 'bare', { createDefaultProject: false });
    const where = { userId: id };
    expect(await app.services.db.prisma.projectMembership.count({ where })).toBe(0);
  });

  it('lets those who run a tenant fill it, up to their own role', async () => {
    const made = await createUser(app, tenantAdmin, 'mate', { tenantId, tenantRole: 'ADMIN' });
    expect(await tenantOf(made.id)).toBe(tenantId);
    const above = await create(tenantAdmin, { username: 'boss', tenantId, tenantRole: 'OWNER' });
    expect(above.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    await createUser(app, owner, 'boss', { tenantId, tenantRole: 'OWNER' });
  });

  it('is no way into a tenant of others, and says the same of one that is not there', async () => {
    const foreign = await tenantOf(adminId);
    for (const id of [foreign, randomUUID()]) {
      const { data } = await create(owner, { username: 'intruder', tenantId: id });
      expectType(data.createUser, 'TenantNotFoundError');
    }
    const { data } = await create(admin, { username: 'nowhere', tenantId: randomUUID() });
    expectType(data.createUser, 'TenantNotFoundError');
    expect(codeOf(await create(owner, { username: 'nowhere' }))).toBe('FORBIDDEN');
  });

  it('lets system administrators alone make administrators', async () => {
    const refused = await create(owner, { username: 'king', tenantId, systemRole: 'ADMIN' });
    expect(refused.errors[0]?.extensions).toMatchObject({ required: 'users:assign-role' });
    const made = await createUser(app, admin, 'king', { systemRole: 'ADMIN' });
    expect(made.systemRole).toBe('ADMIN');
  });

  it('makes whoever has ADMIN_USERNAME to the letter an administrator, for one only', async () => {
    for (const username of ['root', 'ROOT', 'ｒｏｏｔ']) {
      const { data } = await create(owner, { username, tenantId });
      expectType(data.createUser, 'UsernameTakenError');
    }
    expect((await createUser(app, admin, 'Root')).systemRole).toBe('USER');
    await remove(admin, 'root');
    const root = await createUser(app, admin, 'root');
    expect(root.systemRole).toBe('ADMIN');
    await remove(admin, 'root');
  });

  it.each([
    [{ username: 'OWNER' }, 'UsernameTakenError'],
    [{ username: 'fresh', email: 'Made@Example.org' }, 'EmailTakenError'],
    [{ username: 'fresh', password: 'short' }, 'PasswordRefusedError'],
  ] as const)('answers %j with %s', async (input, failure) => {
    const { data } = await create(admin, input);
    expectType(data.createUser, failure);
  });

  it('wants a username or an e-mail address', async () => {
    expect(codeOf(await create(admin, {}))).toBe('BAD_USER_INPUT');
  });
});
