import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp, type TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { allOperations } from '../support/operations.ts';
import { ADMIN_NAME, BY_RULE, type Giver, GIVERS, ROLE_PATHS } from './role-paths.ts';
import { type ActorName, createWorld, type World } from './world.ts';

const SESSIONS: Partial<Record<Giver, ActorName>> = {
  administrator: 'systemAdmin',
  'stale administrator': 'systemAdmin',
  'owner of the tenant': 'tenantOwner',
  'stale owner of the tenant': 'tenantOwner',
  'admin of the tenant': 'tenantAdmin',
  'member of the tenant': 'tenantMember',
  'owner of another tenant': 'stranger',
  'owner of the project': 'projectOwner',
  'stale owner of the project': 'projectOwner',
};
const KEYS: Partial<Record<Giver, ActorName>> = {
  'API key of the administrator': 'systemAdmin',
  'API key of the owner': 'tenantOwner',
};
const YESTERDAY_MS = 86_400_000;

describe.each(providers)('a role that is given on %s', (provider) => {
  let app: TestApp;
  let world: World;
  const keys = new Map<ActorName, string>();
  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: ADMIN_NAME } });
    world = await createWorld(app);
    for (const owner of Object.values(KEYS)) keys.set(owner, await keyOf(owner));
  });
  afterAll(() => app.close());

  async function keyOf(owner: ActorName): Promise<string> {
    const { authorization = '' } = await world.credentials(owner);
    return (await createKey(app, authorization.slice('Bearer '.length))).key;
  }

  async function credentialsOf(giver: Giver): Promise<Readonly<Record<string, string>>> {
    const session = SESSIONS[giver];
    const { db, changes } = app.services;
    const headers = await world.credentials(session ?? 'anonymous');
    const owner = KEYS[giver];
    if (owner) return { authorization: `Bearer ${keys.get(owner)!}` };
    const authenticatedAt = new Date(
      app.clock.now().getTime() - (giver.startsWith('stale') ? YESTERDAY_MS : 0),
    );
    if (session) {
      const where = { userId: world.idOf(session) };
      await db.prisma.session.updateMany({ where, data: { authenticatedAt } });
    }
    const isOff = giver.endsWith('is off');
    const value = isOff ? 'off' : 'on';
    const setting = { value, updatedAt: app.clock.now() };
    const where = { key: 'auth' };
    await db.prisma.setting.upsert({ where, create: { ...where, ...setting }, update: setting });
    changes.publish({ kind: 'gap' });
    return headers;
  }

  /** Every role above the lowest of its axis, of whoever was there before or is in what was. */
  async function raisedRoles(): Promise<readonly string[]> {
    const { prisma } = app.services.db;
    const { tenantId, projectId } = world;
    const admins = await prisma.user.findMany({ where: { systemRole: 'ADMIN' } });
    const where = { tenantId, role: { not: 'MEMBER' } } as const;
    const tenant = await prisma.tenantMembership.findMany({ where });
    const invited = await prisma.tenantInvitation.findMany({ where });
    const project = await prisma.projectMembership.findMany({
      where: { projectId, role: { not: 'VIEWER' } },
    });
    return [
      ...admins.map(({ id }) => `system ADMIN ${id}`),
      ...tenant.map(({ userId, role }) => `tenant ${role} ${userId}`),
      ...invited.map(({ id, role }) => `invitation ${role} ${id}`),
      ...project.map(({ userId, role }) => `project ${role} ${userId}`),
    ];
  }

  /** Puts back what an attempt did to the one project, and gives the name of the administrator back. */
  async function putBack() {
    const { prisma } = app.services.db;
    await prisma.user.deleteMany({ where: { usernameKey: ADMIN_NAME } });
    const { projectId } = world;
    for (const [actor, role] of [
      ['projectViewer', 'VIEWER'],
      ['projectEditor', 'EDITOR'],
      ['projectOwner', 'EDITOR'],
      ['projectOwner', 'OWNER'],
    ] as const) {
      const where = { projectId, userId: world.idOf(actor) };
      await prisma.projectMembership.updateMany({ where, data: { role } });
    }
    app.services.changes.publish({ kind: 'gap' });
  }

  it.each(ROLE_PATHS.map((path) => [path.operation, path.what, path] as const))(
    'by %s, %s, comes from a recent sign-in of whoever may, and from nothing else',
    async (_operation, _what, path) => {
      const gave: Giver[] = [];
      for (const giver of GIVERS) {
        const headers = await credentialsOf(giver);
        const { method, path: url, body } = await path.call(world);
        const before = new Set(await raisedRoles());
        const answer = await app.rest(method, url, { headers, body });
        expect(answer.status, answer.text).toBeLessThan(500);
        const gained = (await raisedRoles()).filter((role) => !before.has(role));
        if (gained.length > 0) gave.push(giver);
        await putBack();
      }
      expect(gave).toEqual(GIVERS.filter((giver) => path.givers.includes(giver)));
    },
    60_000,
  );
});

/** Name a role to look for. */
const READING: ReadonlySet<string> = new Set(['users', 'users.totalCount']);

describe('the paths to a role', () => {
  it('are all of the operations that name one in their input', async () => {
    const tried = new Set(ROLE_PATHS.map(({ operation }) => operation));
    const naming = [...(await allOperations()).values()]
      .filter(({ input }) =>
        /"(system|tenant)?[rR]ole"/.test(
          JSON.stringify(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })),
        ),
      )
      .map(({ name }) => name);
    expect(naming.length).toBeGreaterThan(5);
    expect(naming.filter((name) => !tried.has(name) && !READING.has(name))).toEqual([]);
    expect([...tried].filter((name) => BY_RULE.has(name))).toEqual([]);
  });
});
