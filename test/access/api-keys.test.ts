import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_PERMISSIONS } from '../../src/access/policy.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createKey, endOf, opens } from '../support/api-keys.ts';
import { ME } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { turnOnTotp } from '../support/totp.ts';
import { registerOwner } from '../support/tenants.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const RESULT = '{ __typename ... on Error { code } }';
const mutation = (field: string) => `mutation { ${field} ${RESULT} }`;

/** All that makes keys or changes how somebody signs in, and what leads there. */
const CREDENTIALS: Readonly<
  Record<string, (world: { id: string; other: string; key: string }) => string>
> = {
  'makes a key': () => mutation('createApiKey(input: { name: "another" })'),
  'rotates itself': ({ key }) => mutation(`rotateApiKey(input: { id: "${key}" })`),
  'revokes itself': ({ key }) => mutation(`revokeApiKey(input: { id: "${key}" })`),
  'lists keys': () => '{ apiKeys { nodes { id } } }',
  'reads a key': ({ key }) => `{ node(id: "${key}") { id } }`,
  'changes the password': () =>
    mutation(
      `changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "${PASSWORD}2" })`,
    ),
  'shows again who it is': () => mutation(`reauthenticate(input: { password: "${PASSWORD}" })`),
  'begins a second factor': () => mutation('enableTotp'),
  'confirms a second factor': () => mutation('confirmTotp(input: { code: "000000" })'),
  'turns the second factor off': () => mutation('disableTotp'),
  'replaces recovery codes': () => mutation('regenerateRecoveryCodes'),
  'takes somebody’s second factor': ({ other }) =>
    mutation(`resetTotp(input: { userId: "${other}" })`),
  'resets a password': ({ other }) =>
    mutation(`resetPassword(input: { id: "${other}", newPassword: "${PASSWORD}2" })`),
  'sends a link for a password': ({ other }) =>
    mutation(`resetPassword(input: { id: "${other}" })`),
  'saves users with passwords': ({ other }) =>
    mutation(`saveUsers(input: { users: [{ id: "${other}", password: "${PASSWORD}2" }] })`),
  'lists sessions': () => '{ sessions { id } }',
  'ends a session': () => mutation('revokeSession(input: { id: "any" })'),
  'ends the other sessions': () => 'mutation { revokeOtherSessions { __typename } }',
  'signs out': () => 'mutation { logout { __typename } }',
  'proves an address': () => mutation('acceptTenantInvitation(input: { invitationToken: "any" })'),
  'makes an administrator': () =>
    mutation(`createUser(input: { username: "x", password: "${PASSWORD}", systemRole: ADMIN })`),
  'makes somebody an administrator': ({ other }) =>
    mutation(`updateUser(input: { id: "${other}", systemRole: ADMIN })`),
};

describe('an API key of an administrator', () => {
  let app: TestApp;
  let key: string;
  let world: { id: string; other: string; key: string };

  beforeAll(async () => {
    app = await startApp();
    const { accessToken, user } = await setUpAdmin(app);
    const other = await registerUser(app, 'other');
    await turnOnTotp(app, other.accessToken);
    const made = await createKey(app, accessToken);
    key = made.key;
    world = { id: user.id, other: other.user.id, key: made.apiKey.id };
  });
  afterAll(() => app.close());

  /** Everything that somebody signs in with. */
  async function credentials() {
    const { prisma } = app.services.db;
    return [
      await prisma.user.findMany({ orderBy: { id: 'asc' } }),
      await prisma.session.findMany({ orderBy: { id: 'asc' } }),
      await prisma.apiKey.findMany({ omit: { lastUsedAt: true } }),
      await prisma.totpCredential.findMany(),
      await prisma.recoveryCode.findMany({ orderBy: { codeHash: 'asc' } }),
      await prisma.oneTimeToken.findMany(),
    ];
  }

  it.each(Object.entries(CREDENTIALS))('never %s', async (_what, document) => {
    const before = await credentials();
    expect(await endOf(app, key, document(world))).toBe('FORBIDDEN');
    expect(await credentials()).toEqual(before);
  });

  it('never changes the name that its owner or anybody else signs in with', async () => {
    const rename = (id: string) => mutation(`updateUser(input: { id: "${id}", username: "new" })`);
    expect(await endOf(app, key, rename(world.id))).toBe('OWN_ACCOUNT');
    expect(await endOf(app, key, rename(world.other))).toBe('FORBIDDEN');
  });

  it('never opens a socket, and is nothing to the Control Panel', async () => {
    const stream = await app.rest('POST', '/graphql', {
      token: key,
      headers: { accept: 'text/event-stream' },
      body: { query: 'subscription { sessionRevoked { sessionId } }' },
    });
    expect(stream.text).toContain('FORBIDDEN');
    const panel = await app.rest('GET', '/compat/quazzar-panel/api/auth/me', { token: key });
    expect(panel.status).toBe(401);
    expect(panel.body).toEqual({ error: 'Sign in first.' });
  });

  it('tells in `me` what it may, which is nothing of that', async () => {
    const { permissions } = (await app.graphql(ME, {}, key)).data.me;
    expect(permissions).toContain('users:create');
    expect(permissions.filter((name) => !(KEY_PERMISSIONS as string[]).includes(name))).toEqual([]);
  });
});

describe('the rights of an API key', () => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  beforeAll(async () => {
    app = await startApp();
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const users = '{ users { nodes { id } } }';
  const create = (name: string, tenantId = '') =>
    mutation(
      `createUser(input: { username: "${name}", password: "${PASSWORD}" ${tenantId && `tenantId: "${tenantId}"`} })`,
    );

  it('are what its scopes name, of what its owner may', async () => {
    const { token, tenantId } = await registerOwner(app, 'ann');
    const reading = (await createKey(app, admin.accessToken, { scopes: ['users:read'] })).key;
    const both = { scopes: ['users:read', 'users:create'] };
    const ends = async (key: string) => [
      await endOf(app, key, users),
      await endOf(app, key, create(`by${key.slice(-6).toLowerCase()}`)),
      await endOf(app, key, `{ tenant(id: "${tenantId}") { name } }`),
      await endOf(app, key, '{ dashboards { id } }'),
      await endOf(app, key, 'mutation { updateProfile(input: { name: "x" }) { __typename } }'),
      await endOf(app, key, `{ user(id: "${admin.user.id}") { id } }`),
    ];
    const no = 'FORBIDDEN';
    expect(await ends(reading)).toEqual(['ok', no, no, no, no, 'ok']);
    expect(await ends((await createKey(app, admin.accessToken, both)).key)).toEqual([
      'ok',
      'ok',
      no,
      no,
      no,
      'ok',
    ]);
    // Whoever has a role in a tenant alone has nothing of it elsewhere.
    expect(await ends((await createKey(app, token, both)).key)).toEqual([
      no,
      no,
      no,
      no,
      no,
      'null',
    ]);
    expect(await ends((await createKey(app, token)).key)).toEqual([
      no,
      no,
      'ok',
      'ok',
      'ok',
      'null',
    ]);
  });

  it('reach into a tenant and a project as far as both go', async () => {
    const { token, tenantId } = await registerOwner(app, 'ben');
    const { data } = await app.graphql(ME, {}, token);
    const project = await app.services.db.prisma.project.findFirstOrThrow({ where: { tenantId } });
    const named = async (...scopes: string[]) => (await createKey(app, token, { scopes })).key;
    const read = `{ project(id: "${project.id}") { id } }`;
    const rename = mutation(`updateProject(input: { id: "${project.id}", name: "x" })`);
    const members = `{ tenant(id: "${tenantId}") { members { nodes { role } } } }`;
    const ends = async (key: string) => [
      await endOf(app, key, read),
      await endOf(app, key, rename),
      await endOf(app, key, '{ projects { nodes { id } } }'),
      await endOf(app, key, members),
      await endOf(app, key, create(`in${key.slice(-6).toLowerCase()}`, tenantId)),
      await endOf(app, key, `{ user(id: "${data.me.id}") { id } }`),
    ];
    const no = 'FORBIDDEN';
    expect(await ends(await named('project:read'))).toEqual(['ok', no, 'ok', no, no, 'ok']);
    expect(await ends(await named('project:read', 'project:admin'))).toEqual([
      'ok',
      'ok',
      'ok',
      no,
      no,
      'ok',
    ]);
    expect(await ends(await named('tenant:read', 'members:read'))).toEqual([
      no,
      no,
      no,
      'ok',
      no,
      'ok',
    ]);
    expect(await ends(await named('users:create'))).toEqual([no, no, no, no, 'ok', 'ok']);
  });

  it('go with those of its owner, on the next request', async () => {
    const { accessToken, user } = await registerUser(app, 'cid');
    const role = (systemRole: 'ADMIN' | 'USER') =>
      app.graphql(UPDATE_USER, { input: { id: user.id, systemRole } }, admin.accessToken);
    await role('ADMIN');
    const all = (await createKey(app, accessToken)).key;
    const named = (await createKey(app, accessToken, { scopes: ['users:read'] })).key;
    for (const key of [all, named]) expect(await endOf(app, key, users)).toBe('ok');
    await role('USER');
    for (const key of [all, named]) expect(await endOf(app, key, users)).toBe('FORBIDDEN');
    expect(await opens(app, named)).toBe(true);
  });

  it('wait, as its owner does, for a password of their own', async () => {
    const { accessToken, user } = await registerUser(app, 'dee');
    const { key } = await createKey(app, accessToken);
    const data = { mustChangePassword: true };
    await app.services.db.prisma.user.update({ where: { id: user.id }, data });
    app.services.changes.publish({ kind: 'user', userId: user.id });
    expect(await endOf(app, key, '{ dashboards { id } }')).toBe('PASSWORD_CHANGE_REQUIRED');
  });
});
