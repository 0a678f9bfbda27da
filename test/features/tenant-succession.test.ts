import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantRole } from '../../src/core/roles.ts';
import { type Change, change } from '../../src/core/change.ts';
import type { Context } from '../../src/core/context.ts';
import { lockTenants } from '../../src/features/tenants/store.ts';
import { leaveEveryTenant, leaveTenant } from '../../src/features/tenants/succession.ts';
import { AppError } from '../../src/core/errors.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';

type Member = readonly [name: string, role: TenantRole];
type Work = (writes: Change) => Promise<void>;

describe.each(providers)('who leaves a tenant on %s', (provider) => {
  let app: TestApp;
  let ctx: Context;
  let tenants = 0;

  beforeAll(async () => {
    app = await startApp({ provider });
    ctx = systemContext(app.services);
  });
  afterAll(() => app.close());

  const db = () => app.services.db.prisma;
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

  /** A tenant whose members joined it one after the other; each name is a user of its own. */
  async function tenantOf(...members: readonly Member[]) {
    const id = `t${++tenants}`;
    const times = { createdAt: at(0), updatedAt: at(0) };
    const idOf = (name: string) => `${id}-${name}`;
    await db().tenant.create({ data: { id, name: id, ...times } });
    await db().user.createMany({
      data: members.map(([name]) => ({
        id: idOf(name),
        username: idOf(name),
        usernameKey: idOf(name),
        handleKey: idOf(name),
        ...times,
      })),
    });
    await db().tenantMembership.createMany({
      data: members.map(([name, role], i) => ({
        tenantId: id,
        userId: idOf(name),
        role,
        createdAt: at(i),
      })),
    });
    return { id, idOf };
  }

  async function projectOf(tenantId: string, owner: string, ...editors: readonly string[]) {
    const times = { createdAt: at(0), updatedAt: at(0) };
    const id = `${tenantId}-project-of-${owner}`;
    await db().project.create({ data: { id, tenantId, name: id, ...times } });
    await db().projectMembership.createMany({
      data: [
        { projectId: id, userId: owner, role: 'OWNER', createdAt: at(1) },
        ...editors.map((userId) => ({
          projectId: id,
          userId,
          role: 'EDITOR' as const,
          createdAt: at(2),
        })),
      ],
    });
    return id;
  }

  /** Does as an operation does; answers the events it appended. */
  async function inChange(work: Work): Promise<readonly string[]> {
    const id = app.services.random.uuid();
    await change({ ...ctx, request: { ...ctx.request, id } }, work);
    const events = await db().auditEvent.findMany({
      where: { requestId: id },
      orderBy: { sequence: 'asc' },
    });
    return events.map(({ action }) => action);
  }

  const remove = (tenantId: string, userId: string) =>
    inChange(async (writes) => {
      await lockTenants(ctx.db, writes.tx, [tenantId]);
      await leaveTenant(ctx, writes, { tenantId, userId });
    });

  const deleteUser = (userId: string) =>
    inChange(async (writes) => {
      await leaveEveryTenant(ctx, writes, userId);
      await writes.tx.user.delete({ where: { id: userId } });
    });

  async function outcome(pending: Promise<unknown>): Promise<string> {
    try {
      await pending;
      return 'done';
    } catch (error) {
      if (error instanceof AppError) return error.code;
      throw error;
    }
  }

  async function rolesIn(tenantId: string) {
    const rows = await db().tenantMembership.findMany({ where: { tenantId } });
    return Object.fromEntries(
      rows.map(({ userId, role }) => [userId.slice(tenantId.length + 1), role]),
    );
  }

  async function rolesInProject(projectId: string) {
    const rows = await db().projectMembership.findMany({ where: { projectId } });
    return Object.fromEntries(rows.map(({ userId, role }) => [userId, role]));
  }

  it('gives their projects to the longest-standing owner and loses the others', async () => {
    const { id, idOf } = await tenantOf(['a', 'ADMIN'], ['b', 'OWNER'], ['c', 'OWNER']);
    const [a, b, c] = [idOf('a'), idOf('b'), idOf('c')];
    const theirs = await projectOf(id, a, c);
    const shared = await projectOf(id, c, a, b);
    await db().user.update({ where: { id: c }, data: { defaultProjectId: shared } });

    expect(await remove(id, a)).toEqual(['tenant.projects_passed']);

    expect(await rolesIn(id)).toEqual({ b: 'OWNER', c: 'OWNER' });
    expect(await rolesInProject(theirs)).toEqual({ [b]: 'OWNER', [c]: 'EDITOR' });
    expect(await rolesInProject(shared)).toEqual({ [c]: 'OWNER', [b]: 'EDITOR' });

    await remove(id, c);
    expect(await rolesInProject(shared)).toEqual({ [b]: 'OWNER' });
  });

  it('gets a tenant and a default project of their own where it was their only one', async () => {
    const { id, idOf } = await tenantOf(['boss', 'OWNER'], ['guest', 'MEMBER']);
    await remove(id, idOf('guest'));
    const guest = await db().user.findUniqueOrThrow({
      where: { id: idOf('guest') },
      include: {
        defaultProject: true,
        tenantMemberships: { include: { tenant: true } },
        projectMemberships: true,
      },
    });
    expect(guest.tenantMemberships).toMatchObject([
      { role: 'OWNER', tenant: { name: idOf('guest') } },
    ]);
    expect(guest.projectMemberships).toMatchObject([
      { role: 'OWNER', projectId: guest.defaultProjectId },
    ]);
    expect(guest.defaultProject).toMatchObject({
      name: `${idOf('guest')}'s project`,
      tenantId: guest.tenantMemberships[0]?.tenantId,
    });
  });

  it('gets the project that they have been in longest as default, or none', async () => {
    const left = await tenantOf(['boss', 'OWNER'], ['m', 'MEMBER'], ['n', 'MEMBER']);
    const kept = await tenantOf(['boss', 'OWNER']);
    const [m, n] = [left.idOf('m'), left.idOf('n')];
    const data = [m, n].map((userId) => ({
      tenantId: kept.id,
      userId,
      role: 'MEMBER' as const,
      createdAt: at(9),
    }));
    await db().tenantMembership.createMany({ data });
    const gone = await projectOf(left.id, left.idOf('boss'), m, n);
    const other = await projectOf(kept.id, kept.idOf('boss'), m);
    const defaultProjectId = gone;
    await db().user.updateMany({ where: { id: { in: [m, n] } }, data: { defaultProjectId } });

    await remove(left.id, m);
    await remove(left.id, n);

    const defaults = await db().user.findMany({
      where: { id: { in: [m, n] } },
      orderBy: { id: 'asc' },
    });
    expect(defaults.map((user) => user.defaultProjectId)).toEqual([other, null]);
  });

  it('stays while they are its only owner, whoever else is in it', async () => {
    const { id, idOf } = await tenantOf(['owner', 'OWNER'], ['admin', 'ADMIN']);
    expect(await outcome(remove(id, idOf('owner')))).toBe('LAST_OWNER');
    expect(await outcome(remove(id, idOf('nobody')))).toBe('MEMBER_NOT_FOUND');
    expect(await rolesIn(id)).toEqual({ owner: 'OWNER', admin: 'ADMIN' });
  });

  it.each<[string, readonly Member[], object]>([
    [
      'the longest-standing admin',
      [
        ['m', 'MEMBER'],
        ['o', 'OWNER'],
        ['a1', 'ADMIN'],
        ['a2', 'ADMIN'],
      ],
      { m: 'MEMBER', a1: 'OWNER', a2: 'ADMIN' },
    ],
    [
      'without one the longest-standing member',
      [
        ['o', 'OWNER'],
        ['m1', 'MEMBER'],
        ['m2', 'MEMBER'],
      ],
      { m1: 'OWNER', m2: 'MEMBER' },
    ],
    [
      'nobody where an owner is left',
      [
        ['o', 'OWNER'],
        ['a', 'ADMIN'],
        ['p', 'OWNER'],
      ],
      { a: 'ADMIN', p: 'OWNER' },
    ],
  ])('makes %s the owner by deletion of their account', async (_who, members, roles) => {
    const { id, idOf } = await tenantOf(...members);
    const project = await projectOf(id, idOf('o'));
    await deleteUser(idOf('o'));
    expect(await rolesIn(id)).toEqual(roles);
    const heir = Object.entries(roles).find(([, role]) => role === 'OWNER')![0];
    expect(await rolesInProject(project)).toEqual({ [idOf(heir)]: 'OWNER' });
  });

  it('takes it along with their account where nobody else is in it', async () => {
    const { id, idOf } = await tenantOf(['o', 'OWNER']);
    const project = await projectOf(id, idOf('o'));
    expect(await deleteUser(idOf('o'))).toEqual(['tenant.deleted']);
    expect(await db().tenant.findUnique({ where: { id } })).toBeNull();
    expect(await db().project.findUnique({ where: { id: project } })).toBeNull();
  });

  describe('a hundred at once', () => {
    const names = Array.from({ length: 100 }, (_, i) => `u${String(i).padStart(2, '0')}`);
    const ownersOf = async (id: string) =>
      Object.values(await rolesIn(id)).filter((role) => role === 'OWNER').length;

    it('leave one owner behind where all are owners', async () => {
      const { id, idOf } = await tenantOf(...names.map((name): Member => [name, 'OWNER']));
      const other = await tenantOf(['boss', 'OWNER']);
      await db().tenantMembership.createMany({
        data: names.map((name) => ({
          tenantId: other.id,
          userId: idOf(name),
          role: 'MEMBER' as const,
          createdAt: at(9),
        })),
      });
      const answers = await Promise.all(names.map((name) => outcome(remove(id, idOf(name)))));
      expect(answers.filter((answer) => answer === 'done')).toHaveLength(99);
      expect(answers.filter((answer) => answer === 'LAST_OWNER')).toHaveLength(1);
      expect(await ownersOf(id)).toBe(1);
    });

    it('leave by removal and by deletion, and neither tenant nor project is without owner', async () => {
      const { id, idOf } = await tenantOf(
        ...names.map((name, i): Member => [name, i < 2 ? 'OWNER' : i < 50 ? 'ADMIN' : 'MEMBER']),
      );
      for (const name of names.slice(0, 20)) await projectOf(id, idOf(name), idOf('u99'));
      const leavers = names.slice(0, 99);
      await Promise.all(
        leavers.map((name, i) =>
          i % 3 === 0 ? outcome(remove(id, idOf(name))) : deleteUser(idOf(name)),
        ),
      );
      expect(await ownersOf(id)).toBe(1);
      const projects = await db().project.findMany({
        where: { tenantId: id },
        include: { memberships: { where: { role: 'OWNER' } } },
      });
      expect(projects).toHaveLength(20);
      for (const { memberships } of projects) {
        expect(await rolesIn(id)).toHaveProperty(memberships[0]!.userId.slice(id.length + 1));
      }
    });

    it('take the tenant along where all of its accounts are deleted', async () => {
      const { id, idOf } = await tenantOf(
        ...names.map((name, i): Member => [name, i === 0 ? 'OWNER' : 'MEMBER']),
      );
      await Promise.all(names.map((name) => deleteUser(idOf(name))));
      expect(await db().tenant.findUnique({ where: { id } })).toBeNull();
    });
  });
});
