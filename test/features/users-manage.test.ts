import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpdateUserInput } from '../generated/graphql.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, ME } from '../support/documents.ts';
import { DELETE_USER, UPDATE_PROFILE, UPDATE_USER, USER } from '../support/user-documents.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

describe.each(providers)('accounts on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let adminId: string;
  /** A tenant with an owner and an administrator of its own. */
  let tenantId: string;
  let owner: string;
  let tenantAdmin: string;
  let ownerId: string;

  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: ' root ' } });
    const first = await setUpAdmin(app, 'first');
    [admin, adminId] = [first.accessToken, first.user.id];
    const registered = await registerUser(app, 'owner');
    [owner, ownerId] = [registered.accessToken, registered.user.id];
    tenantId = await tenantOf(ownerId);
    // Whoever else owns it comes later.
    app.clock.step(1);
    await createUser(app, owner, 'keeper', { tenantId, tenantRole: 'ADMIN' });
    tenantAdmin = (await signIn(app, 'keeper')).accessToken;
  });
  afterAll(() => app.close());

  const tenantOf = async (userId: string) =>
    (await app.services.db.prisma.tenantMembership.findFirstOrThrow({ where: { userId } }))
      .tenantId;
  const update = (token: string, input: UpdateUserInput) =>
    app.graphql(UPDATE_USER, { input }, token);
  const updated = async (token: string, input: UpdateUserInput) => {
    const { data, errors } = await update(token, input);
    expect(errors).toEqual([]);
    return data.updateUser;
  };
  const remove = async (token: string, input: { id?: string; login?: string }) => {
    const { data, errors } = await app.graphql(DELETE_USER, { input }, token);
    expect(errors).toEqual([]);
    return data.deleteUser;
  };
  const see = async (token: string, id: string) =>
    (await app.graphql(USER, { id }, token)).data.user?.username;
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

  describe('updateUser', () => {
    it('changes names, and the search and the sign-in with them', async () => {
      const { id } = await createUser(app, admin, 'before');
      const change = { username: 'Afterwards', name: 'Ånother' };
      const { user } = expectType(await updated(admin, { id, ...change }), 'UpdateUserPayload');
      expect(user).toMatchObject({ id, ...change });
      await signIn(app, 'afterwards');
      const old = await app.graphql(LOGIN, { input: { username: 'before', password: PASSWORD } });
      expectType(old.data.login, 'InvalidCredentialsError');
      const row = await app.services.db.prisma.user.findUniqueOrThrow({ where: { id } });
      const keys = { usernameKey: 'afterwards', handleKey: 'afterwards', nameKey: 'ånother' };
      expect(row).toMatchObject(keys);
      expect(await actionsOn(id)).toContain('user.updated success {"fields":["name","username"]}');
    });

    it('finds the account by what its owner signs in with', async () => {
      const { id } = await createUser(app, admin, 'by-login', { email: 'by@example.org' });
      for (const login of ['BY-login', 'By@Example.org']) {
        const answer = await updated(admin, { login, disabled: true });
        expect(expectType(answer, 'UpdateUserPayload').user).toMatchObject({ id, disabled: true });
      }
      expectType(await updated(admin, { login: 'nobody', name: 'x' }), 'UserNotFoundError');
      for (const input of [{ name: 'x' }, { id, login: 'by-login', name: 'x' }]) {
        expect(codeOf(await update(admin, input))).toBe('BAD_USER_INPUT');
      }
    });

    it('says that a username is taken', async () => {
      const { id } = await createUser(app, admin, 'wants-another');
      expectType(await updated(admin, { id, username: 'OWNER' }), 'UsernameTakenError');
    });

    it('keeps the reserved name for system administrators to give', async () => {
      const { id } = await createUser(app, owner, 'ambitious', { tenantId });
      expectType(await updated(owner, { id, username: 'Root' }), 'UsernameTakenError');
      const given = expectType(await updated(admin, { id, username: 'root' }), 'UpdateUserPayload');
      // Only an account that is made with the name is an administrator's.
      expect(given.user).toMatchObject({ username: 'root', systemRole: 'USER' });
      await updated(admin, { id, username: 'modest' });
    });

    it('ends every session of whoever is disabled, and lets them back in when enabled', async () => {
      const { accessToken, user } = await registerUser(app, 'outcast');
      await updated(admin, { id: user.id, disabled: true });
      expect(codeOf(await app.graphql(ME, {}, accessToken))).toBe('UNAUTHENTICATED');
      const input = { username: 'outcast', password: PASSWORD };
      expectType((await app.graphql(LOGIN, { input })).data.login, 'AccountDisabledError');
      await updated(admin, { id: user.id, disabled: false });
      expect(codeOf(await app.graphql(ME, {}, accessToken))).toBe('UNAUTHENTICATED');
      await signIn(app, 'outcast');
      expect((await actionsOn(user.id)).slice(-3)).toEqual([
        'user.disabled success {}',
        'auth.login_failed failure {"reason":"ACCOUNT_DISABLED"}',
        'user.enabled success {}',
      ]);
    });

    it('gives and takes a system role, which bites on the next request', async () => {
      const { accessToken, user } = await registerUser(app, 'climber');
      const permissions = async () =>
        (await app.graphql(ME, {}, accessToken)).data.me.permissions.length;
      expect(await permissions()).toBe(0);
      await updated(admin, { id: user.id, systemRole: 'ADMIN' });
      expect(await permissions()).toBeGreaterThan(0);
      await updated(admin, { id: user.id, systemRole: 'USER' });
      expect(await permissions()).toBe(0);
      expect(await actionsOn(user.id)).toContain('user.role_changed success {"role":"ADMIN"}');
    });

    it('writes nothing down where nothing changes', async () => {
      const { id } = await createUser(app, admin, 'same', { name: 'Same' });
      const same = { name: 'Same', username: 'same', disabled: false, systemRole: 'USER' } as const;
      expectType(await updated(admin, { id, ...same }), 'UpdateUserPayload');
      expect(await actionsOn(id)).toHaveLength(1);
    });

    it('is not for oneself where it would lock one out or raise one up', async () => {
      const second = await createUser(app, admin, 'second-admin', { systemRole: 'ADMIN' });
      expectType(await updated(admin, { id: adminId, disabled: true }), 'OwnAccountError');
      expectType(await updated(admin, { id: adminId, systemRole: 'USER' }), 'OwnAccountError');
      expectType(await updated(owner, { id: ownerId, systemRole: 'ADMIN' }), 'OwnAccountError');
      expectType(
        await updated(admin, { id: adminId, name: 'Me', disabled: false }),
        'UpdateUserPayload',
      );
      await remove(admin, { id: second.id });
      expect(await actionsOn(adminId)).toContain('user.updated denied {}');
    });

    it('is for nobody without a role that carries it', async () => {
      const { accessToken } = await registerUser(app, 'member');
      const tenant = await tenantOf(ownerId);
      const { id } = await createUser(app, owner, 'plain-member', { tenantId: tenant });
      const member = (await signIn(app, 'plain-member')).accessToken;
      for (const target of [id, ownerId, randomUUID()]) {
        const refused = await update(member, { id: target, name: 'x' });
        expect(refused.errors[0]?.extensions).toMatchObject({ required: 'users:update' });
        expect(codeOf(await update(member, { id: target, disabled: true }))).toBe('FORBIDDEN');
      }
      expectType(await updated(accessToken, { id: ownerId, name: 'x' }), 'UserNotFoundError');
    });

    it('lets a tenant manage the accounts that are in it alone', async () => {
      const { id } = await createUser(app, owner, 'ours', { tenantId });
      for (const token of [owner, tenantAdmin]) {
        expectType(await updated(token, { id, name: 'Ours' }), 'UpdateUserPayload');
      }
      // Another tenant's: as if it were not there.
      const foreign = await createUser(app, admin, 'theirs');
      for (const target of [foreign.id, randomUUID()]) {
        expectType(await updated(owner, { id: target, name: 'x' }), 'UserNotFoundError');
      }
      // In both: seen, and not theirs to change.
      const shared = { userId: id, tenantId: await tenantOf(adminId) };
      const data = { ...shared, role: 'MEMBER', createdAt: app.clock.now() } as const;
      await app.services.db.prisma.tenantMembership.create({ data });
      expect(codeOf(await update(owner, { id, disabled: true }))).toBe('FORBIDDEN');
      expectType(await updated(admin, { id, disabled: true }), 'UpdateUserPayload');
    });

    it('lets an administrator of a tenant touch neither its owner nor a system administrator', async () => {
      expect(codeOf(await update(tenantAdmin, { id: ownerId, name: 'x' }))).toBe('FORBIDDEN');
      const { id } = await createUser(app, admin, 'mighty', { tenantId, systemRole: 'ADMIN' });
      for (const token of [tenantAdmin, owner]) {
        expect(codeOf(await update(token, { id, name: 'x' }))).toBe('FORBIDDEN');
        expect(codeOf(await update(token, { id, systemRole: 'USER' }))).toBe('FORBIDDEN');
      }
      await remove(admin, { id });
    });

    it('lets nobody below the system give a system role', async () => {
      const { id } = await createUser(app, owner, 'hopeful', { tenantId });
      const refused = await update(owner, { id, systemRole: 'ADMIN', name: 'x' });
      expect(refused.errors[0]?.extensions).toMatchObject({ required: 'users:assign-role' });
      expect((await app.graphql(USER, { id }, owner)).data.user).toMatchObject({ name: '' });
    });
  });

  describe('deleteUser', () => {
    it('deletes the account with its sessions, and frees its name', async () => {
      const { accessToken, refreshToken, user } = await registerUser(app, 'leaver');
      expect(refreshToken).not.toBe('');
      const { userId } = expectType(await remove(admin, { login: 'Leaver' }), 'DeleteUserPayload');
      expect(userId).toBe(user.id);
      expect(codeOf(await app.graphql(ME, {}, accessToken))).toBe('UNAUTHENTICATED');
      expectType(await remove(admin, { id: user.id }), 'UserNotFoundError');
      expect((await registerUser(app, 'leaver')).user.id).not.toBe(user.id);
      const actions = await actionsOn(user.id);
      expect(actions.at(-1)).toBe('user.deleted success {}');
    });

    it('takes their own tenant along and hands on what they owned in another', async () => {
      const { db } = app.services;
      const { user } = await registerUser(app, 'heirless');
      const home = await tenantOf(user.id);
      const data = {
        tenantId,
        userId: user.id,
        role: 'MEMBER',
        createdAt: app.clock.now(),
      } as const;
      await db.prisma.tenantMembership.create({ data });
      const times = { createdAt: app.clock.now(), updatedAt: app.clock.now() };
      const project = await db.prisma.project.create({
        data: {
          id: randomUUID(),
          tenantId,
          name: 'left behind',
          ...times,
          memberships: { create: { userId: user.id, role: 'OWNER', createdAt: times.createdAt } },
        },
      });
      await remove(admin, { id: user.id });
      expect(await db.prisma.tenant.findUnique({ where: { id: home } })).toBeNull();
      const members = await db.prisma.projectMembership.findMany({
        where: { projectId: project.id },
      });
      expect(members).toMatchObject([{ userId: ownerId, role: 'OWNER' }]);
    });

    it('is not for oneself', async () => {
      const second = await createUser(app, admin, 'second-admin', { systemRole: 'ADMIN' });
      expectType(await remove(admin, { id: adminId }), 'OwnAccountError');
      await remove(admin, { id: second.id });
    });

    it('lets a tenant delete the accounts that are in it alone', async () => {
      const { id } = await createUser(app, owner, 'dispensable', { tenantId });
      expectType(await remove(tenantAdmin, { id }), 'DeleteUserPayload');
      expectType(await remove(tenantAdmin, { id: adminId }), 'UserNotFoundError');
      const answer = await app.graphql(DELETE_USER, { input: { id: ownerId } }, tenantAdmin);
      expect(codeOf(answer)).toBe('FORBIDDEN');
    });
  });

  describe('user', () => {
    it('shows oneself, those of a tenant one reads, and everybody to a system administrator', async () => {
      const { id } = await createUser(app, owner, 'seen', { tenantId });
      const seen = (await signIn(app, 'seen')).accessToken;
      expect(await see(seen, id)).toBe('seen');
      expect(await see(seen, ownerId)).toBeUndefined();
      expect(await see(owner, id)).toBe('seen');
      expect(await see(tenantAdmin, ownerId)).toBe('owner');
      expect(await see(owner, adminId)).toBeUndefined();
      expect(await see(owner, randomUUID())).toBeUndefined();
      expect(await see(admin, id)).toBe('seen');
    });
  });

  describe('updateProfile', () => {
    it("changes the caller's own name", async () => {
      const { accessToken, user } = await registerUser(app, 'renamed');
      const input = { name: '  New Name ' };
      const { data } = await app.graphql(UPDATE_PROFILE, { input }, accessToken);
      expect(data.updateProfile.user).toEqual({ id: user.id, name: 'New Name' });
      expect((await app.graphql(ME, {}, accessToken)).data.me.name).toBe('New Name');
      expect(await actionsOn(user.id)).toContain('user.updated success {"fields":["name"]}');
    });
  });
});
