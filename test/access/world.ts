import { contextOf } from '../../src/core/context.ts';
import { ANONYMOUS } from '../../src/core/actor.ts';
import type { ProjectRole, TenantRole } from '../../src/core/roles.ts';
import { newApiKey } from '../../src/features/api-keys/rules.ts';
import { signIn, signInWithCookie } from '../../src/features/sign-in/begin-session.ts';
import type { UserRow } from '../../src/features/users/store.ts';
import { newAccount, type Placement } from '../../src/features/users/new-account.ts';
import { given } from '../support/given.ts';
import { insertAccount } from '../support/accounts.ts';
import type { TestApp } from '../support/app.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

/** Everybody who can call, by how they stand to the one tenant and the one project of the world. */
export const ACTORS = [
  'anonymous',
  'ended',
  'disabled',
  'stranger',
  'tenantMember',
  'tenantAdmin',
  'tenantOwner',
  'projectViewer',
  'projectEditor',
  'projectOwner',
  'systemAdmin',
  'apiKey',
] as const;
export type ActorName = (typeof ACTORS)[number];

/** The roles of everybody who has some, in the one tenant and in a project of it. */
const TENANT_ROLE: Partial<Record<ActorName, TenantRole>> = {
  tenantMember: 'MEMBER',
  tenantAdmin: 'ADMIN',
  tenantOwner: 'OWNER',
  projectViewer: 'MEMBER',
  projectEditor: 'MEMBER',
  projectOwner: 'MEMBER',
};
const PROJECT_ROLE: Partial<Record<ActorName, ProjectRole>> = {
  projectViewer: 'VIEWER',
  projectEditor: 'EDITOR',
  projectOwner: 'OWNER',
};

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * One tenant with a person of every role, a stranger with a tenant of their own, an administrator with an
 * API key.
 */
export async function createWorld(app: TestApp) {
  const { db, random, clock, changes } = app.services;
  const request = { id: 'world', ipAddress: '127.0.0.1', userAgent: undefined };
  const ctx = contextOf(app.services, ANONYMOUS, request);
  const tenantId = random.uuid();
  const now = clock.now();
  const times = { createdAt: now, updatedAt: now };
  await setUpAdmin(app, 'systemAdmin');
  await db.prisma.tenant.create({ data: { id: tenantId, name: 'the tenant', ...times } });

  const addUser = async (username: string, placement: Placement) =>
    insertAccount(db, await newAccount(ctx, { username, password: PASSWORD }, placement));

  const users = new Map<ActorName, UserRow>();
  for (const name of ACTORS) {
    if (name === 'anonymous' || name === 'apiKey') continue;
    if (name === 'systemAdmin') {
      users.set(name, await db.prisma.user.findFirstOrThrow({ where: { username: name } }));
      continue;
    }
    const role = TENANT_ROLE[name];
    users.set(name, await addUser(name, role ? { joins: { tenantId, role: given(role) } } : {}));
  }

  const freshProject = async () => {
    const id = random.uuid();
    const members = Object.entries(PROJECT_ROLE).map(([name, role]) => ({
      userId: users.get(name as ActorName)!.id,
      role,
      createdAt: now,
    }));
    const memberships = { create: members };
    await db.prisma.project.create({ data: { id, tenantId, name: 'it', ...times, memberships } });
    return id;
  };

  const key = newApiKey(ctx, {
    userId: users.get('systemAdmin')!.id,
    name: 'all that a key may',
    scopes: null,
    lifeSeconds: undefined,
  });
  await db.prisma.apiKey.create({ data: key.row });

  const signedIn = new Map<ActorName, { headers: Record<string, string>; state: string }>();
  let made = 0;
  const freshName = () => `fresh${(made += 1)}`;
  return {
    tenantId,
    projectId: await freshProject(),
    idOf: (name: ActorName) => users.get(name)?.id ?? random.uuid(),
    /** A project that may be deleted, with the same members. */
    freshProject,
    /** A name that nobody has. */
    freshName,
    /** A user who may be deleted, in the one tenant alone. */
    freshMember: (role: TenantRole = 'MEMBER') =>
      addUser(freshName(), { joins: { tenantId, role: given(role) } }),
    /** An API key, or a bearer token and a cookie of sessions: new ones where a call used them up. */
    credentials: async (name: ActorName): Promise<Record<string, string>> => {
      await turnAuthOn();
      if (name === 'apiKey') return { authorization: `Bearer ${key.text}` };
      const user = users.get(name);
      if (!user) return {};
      const last = signedIn.get(name);
      if (last && (await stateOf(user.id)) === last.state) return last.headers;
      const data = { disabled: false };
      // So that the oldest of the sessions beyond the limit are those of earlier calls.
      app.clock.step(1);
      await db.prisma.user.updateMany({ where: { id: user.id }, data });
      const { accessToken } = await signIn(ctx, user);
      const { token } = await signInWithCookie(ctx, user);
      await spoil(name, user.id);
      changes.publish({ kind: 'user', userId: user.id });
      const headers = {
        authorization: `Bearer ${accessToken}`,
        cookie: `access_token=${token}`,
      };
      signedIn.set(name, { headers, state: await stateOf(user.id) });
      return headers;
    },
  };

  /** The account with its live sessions: what a sign-in hangs on. */
  async function stateOf(id: string): Promise<string> {
    const include = { sessions: { where: { revokedAt: null }, orderBy: { id: 'asc' } } } as const;
    return JSON.stringify(await db.prisma.user.findUnique({ where: { id }, include }));
  }

  /** The call before may have turned it off. */
  async function turnAuthOn() {
    await db.prisma.setting.updateMany({ where: { key: 'auth' }, data: { value: 'on' } });
    changes.publish({ kind: 'auth' });
  }

  async function spoil(name: ActorName, userId: string) {
    const where = { userId };
    const revokedAt = clock.now();
    if (name === 'ended') await db.prisma.session.updateMany({ where, data: { revokedAt } });
    if (name === 'disabled') {
      await db.prisma.user.update({ where: { id: userId }, data: { disabled: true } });
    }
  }
}
