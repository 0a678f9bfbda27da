import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { CREATE_USER_TOKEN } from '../support/referral-documents.ts';
import { invite } from '../support/tenants.ts';

const HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$zEKZh8y8PqEZ0oYTR0VGYVvPqdFvFWL0FVBKqLFkLpU';

interface Caller {
  readonly token?: string | undefined;
  readonly tenantId?: string | undefined;
}

/** Every way to an account, by how it is asked for. */
const WAYS: Readonly<Record<string, (ask: Ask, caller: Caller, name: string) => Promise<unknown>>> =
  {
    register: ({ mutate }, _caller, username) =>
      mutate('register', { username, password: PASSWORD }),
    'POST /api/auth/register of the panel': ({ post }, _caller, name) =>
      post('/quazzar-panel/api/auth/register', {
        email: `${name}@x.example`,
        password: PASSWORD,
        name,
      }),
    'POST /api/auth/register of the union': ({ post }, _caller, name) =>
      post('/union/api/auth/register', { email: `${name}@x.example`, password: PASSWORD, name }),
    signup: ({ mutate, referrer }, _caller, name) =>
      mutate('signup', { referrer, email: `${name}@x.example`, password: PASSWORD }),
    'POST /api/auth/signup of lncrawl': ({ post, referrer }, _caller, name) =>
      post('/lncrawl/api/auth/signup', {
        referrer,
        email: `${name}@x.example`,
        password: PASSWORD,
      }),
    'POST /api/auth/signup of the union': ({ post, referrer }, _caller, name) =>
      post('/union/api/auth/signup', { referrer, email: `${name}@x.example`, password: PASSWORD }),
    createUser: ({ mutate }, _caller, username) =>
      mutate('createUser', { username, password: PASSWORD }),
    'createUser in the own tenant': ({ mutate }, { tenantId }, username) =>
      mutate('createUser', { username, password: PASSWORD, tenantId }),
    'createUser by the address': ({ mutate }, { tenantId }, name) =>
      mutate('createUser', { email: `${name}@x.example`, password: PASSWORD, tenantId }),
    saveUsers: ({ mutate }, _caller, username) =>
      mutate('saveUsers', { users: [{ username, password: PASSWORD }] }),
    importUsers: ({ mutate }, _caller, username) =>
      mutate('importUsers', { users: [{ username, passwordHash: HASH }] }),
    'importUsers into the own tenant': ({ mutate }, { tenantId }, username) =>
      mutate('importUsers', { users: [{ username }], tenantId }),
    'POST /api/auth/users of DUMB': ({ post }, _caller, username) =>
      post('/dumb/api/auth/users', { username, password: PASSWORD }),
    'POST /api/auth/users of the union': ({ post }, _caller, username) =>
      post('/union/api/auth/users', { username, password: PASSWORD }),
    'POST /auth/register of QDash': ({ post }, _caller, username) =>
      post('/qdash/auth/register', { username, password: PASSWORD }),
  };

interface Ask {
  readonly referrer: string;
  readonly mutate: (operation: string, input: object) => Promise<string>;
  readonly post: (path: string, body: object) => Promise<string>;
}

describe.each(providers)('SELF_REGISTRATION=admin on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let member: Caller;
  let owner: Caller;
  let made = 0;
  beforeAll(async () => {
    app = await startApp({ provider, env: { SELF_REGISTRATION: 'admin' } });
    admin = (await setUpAdmin(app)).accessToken;
    member = await makeMember('member');
    owner = await leave(await makeMember('leaver'));
  });
  afterAll(() => app.close());

  const tenantOf = async (userId: string) =>
    (await app.services.db.prisma.tenantMembership.findFirstOrThrow({ where: { userId } }))
      .tenantId;

  /** Whom the administrator has made, in the administrator's tenant. */
  async function makeMember(username: string) {
    await asker(admin).mutate('createUser', { username, password: PASSWORD });
    const { accessToken: token, user } = await signIn(app, username);
    return { id: user.id, token, tenantId: await tenantOf(user.id) };
  }

  /** The same once they have left it: they own a tenant then. */
  async function leave({ id, token, tenantId }: Awaited<ReturnType<typeof makeMember>>) {
    await asker(token).mutate('removeTenantMember', { tenantId, userId: id });
    const own = await tenantOf(id);
    expect(own).not.toBe(tenantId);
    return { id, token, tenantId: own };
  }

  const asker = (token: string | undefined, referrer = ''): Ask => ({
    referrer,
    mutate: async (operation, input) => {
      const name = operation.charAt(0).toUpperCase() + operation.slice(1);
      const query = `mutation ($input: ${name}Input!) { ${operation}(input: $input) {
        __typename ... on Error { code } } }`;
      const body = { query, variables: { input } };
      return (await app.rest('POST', '/graphql', { token, body })).text;
    },
    post: async (path, body) => (await app.rest('POST', `/compat${path}`, { token, body })).text,
  });

  async function newToken({ token }: Caller): Promise<string> {
    const { data } = await app.graphql(CREATE_USER_TOKEN, {}, token);
    return expectType(data.createUserToken, 'CreateUserTokenPayload').userToken.token;
  }

  const countUsers = () => app.services.db.prisma.user.count();

  /** By which ways an account came to be. */
  async function waysOf(caller: Caller, referrer?: string): Promise<readonly string[]> {
    const open: string[] = [];
    for (const [name, way] of Object.entries(WAYS)) {
      const before = await countUsers();
      await way(asker(caller.token, referrer), caller, `made${++made}`);
      if ((await countUsers()) > before) open.push(name);
    }
    return open;
  }

  it('keeps accounts from being made by a stranger, a member, and who left for a tenant of their own', async () => {
    const referrer = await newToken(member);
    for (const caller of [{}, member, owner]) expect(await waysOf(caller, referrer)).toEqual([]);
  });

  it('keeps them from being made by an API key of who owns a tenant, and says so in the permissions', async () => {
    const { key } = await createKey(app, owner.token!);
    expect(await waysOf({ ...owner, token: key })).toEqual([]);
    const query = `{ tenant(id: "${owner.tenantId}") { permissions } }`;
    for (const token of [owner.token!, key]) {
      const { text } = await app.rest('POST', '/graphql', { token, body: { query } });
      expect(text).toContain('users:update');
      expect(text).not.toContain('users:create');
    }
  });

  it('keeps them from being made by an owner or an admin of a tenant that others made', async () => {
    const manager = await makeMember('manager');
    for (const role of ['ADMIN', 'OWNER'] as const) {
      const where = { userId: manager.id };
      await app.services.db.prisma.tenantMembership.updateMany({ where, data: { role } });
      expect(await waysOf(manager)).toEqual([]);
    }
  });

  it('leaves them to system administrators and programs of theirs', async () => {
    const tenantId = await tenantOf(
      (await app.services.db.prisma.user.findFirstOrThrow({ where: { username: 'admin' } })).id,
    );
    const closed = (name: string) =>
      /^(register|signup|POST \/api\/auth\/(register|signup))/.test(name);
    const open = Object.keys(WAYS).filter((name) => !closed(name));
    expect(await waysOf({ token: admin, tenantId })).toEqual(open);
    const { key } = await createKey(app, admin);
    const byKey = ['createUser', 'createUser in the own tenant', 'createUser by the address'];
    const imported = ['importUsers', 'importUsers into the own tenant'];
    expect(await waysOf({ token: key, tenantId })).toEqual([...byKey, ...imported]);
  });

  it('leaves them to invitations', async () => {
    const tenantId = owner.tenantId!;
    const inviter = { id: '', token: owner.token!, tenantId };
    const { invitationToken } = await invite(app, inviter, 'guest@x.example');
    const before = await countUsers();
    const input = { invitationToken, username: 'guest', password: PASSWORD };
    expect(await asker(undefined).mutate('registerByInvitation', input)).toContain('AuthPayload');
    expect(await countUsers()).toBe(before + 1);
  });

  it('answers REGISTRATION_CLOSED to who signs up, whether the referrer token is good or not', async () => {
    const referrer = await newToken(member);
    for (const token of [referrer, 'none']) {
      const answer = await app.rest('POST', '/compat/lncrawl/api/auth/signup', {
        body: { referrer: token, email: 'x@x.example', password: PASSWORD },
      });
      const text = 'Only an administrator can create accounts.';
      expect([answer.status, answer.body]).toEqual([403, { error: text, detail: text }]);
    }
  });
});
