import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, IMPORT_USERS, LOGIN } from '../support/documents.ts';
import { importLines, MADE_HASHES } from '../support/import-file.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';

const BCRYPT = '$2b$04$CCCCCCCCCCCCCCCCCCCCC.W.AoQpVCMVY8J1FMFcXl8nZsYMuUw96';
const PASSWORD = 'Tr0ub4dor & 3';

describe.each(providers)('importUsers on %s', (provider) => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { HASH_QUEUE_LIMIT: '1000' } });
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const importUsers = async (users: readonly object[], input: object = {}) => {
    const answer = await app.graphql(
      IMPORT_USERS,
      { input: { users: [...users], ...input } },
      token,
    );
    return expectType(answer.data.importUsers, 'ImportUsersPayload');
  };
  const find = (username: string) =>
    app.services.db.prisma.user.findUniqueOrThrow({
      where: { usernameKey: username },
      include: { tenantMemberships: true, projectMemberships: true, defaultProject: true },
    });

  it('makes each of them with the tenant and the default project of a new account', async () => {
    const registered = await registerUser(app, 'registered');
    const { created, lines } = await importUsers([
      { username: 'Imported', email: 'Im@Example.com', name: 'Im Ported', emailVerified: true },
    ]);
    expect(created).toBe(1);
    const [user, other] = [await find('imported'), await find('registered')];
    expect(lines).toEqual([
      { line: 1, outcome: 'CREATED', userId: user.id, field: null, rule: null },
    ]);
    expect(user).toMatchObject({
      username: 'Imported',
      email: 'Im@Example.com',
      emailKey: 'im@example.com',
      handleKey: 'imported',
      name: 'Im Ported',
      systemRole: 'USER',
      disabled: false,
      emailVerifiedAt: app.clock.now(),
      passwordHash: null,
      mustChangePassword: false,
      lastLoginAt: null,
    });
    expect(registered.user.id).toBe(other.id);
    const shapeOf = ({ tenantMemberships, projectMemberships, defaultProject }: typeof user) => [
      tenantMemberships.map(({ role }) => role),
      projectMemberships.map(({ role }) => role),
      defaultProject?.name.replace(/^\w+/, 'who'),
      defaultProject?.tenantId === tenantMemberships[0]?.tenantId,
    ];
    expect(shapeOf(user)).toEqual(shapeOf(other));
  });

  it('names what it refuses by place, field and rule, and takes the rest', async () => {
    await registerUser(app, 'taken');
    await registerUser(app, 'known');
    const { created, existing, refused, lines } = await importUsers([
      { username: 'fine', passwordHash: BCRYPT },
      { username: 'with space and @' },
      { email: 'nobody' },
      { name: 'Neither' },
      { username: 'md5', passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' },
      { username: 'costly', passwordHash: BCRYPT.replace('$04$', '$31$') },
      { username: 'FINE' },
      { username: 'other', email: 'a@b.example' },
      { username: 'third', email: 'A@B.example' },
      { username: 'unproven', emailVerified: true },
      { username: 'taken', email: 'new@example.com' },
      { username: 'also fine', disabled: true },
      { username: 'Known' },
    ]);
    expect([created, existing, refused]).toEqual([3, 1, 9]);
    expect(lines.flatMap(({ line, field, rule }) => (rule ? [[line, field, rule]] : []))).toEqual([
      [2, 'username', 'must not contain @ or invisible characters'],
      [3, 'email', 'must be an e-mail address'],
      [4, 'username', 'or an e-mail address is needed'],
      [5, 'passwordHash', 'is in no known format'],
      [6, 'passwordHash', 'asks for work outside the limits of bcrypt: cost 4 to 13'],
      [7, 'username', 'is that of line 1'],
      [9, 'email', 'is that of line 8'],
      [10, 'emailVerified', 'needs an e-mail address'],
      [11, 'username', 'is that of somebody else'],
    ]);
    expect(lines[12]).toMatchObject({ outcome: 'EXISTS', userId: (await find('known')).id });
    expect((await find('also fine')).disabled).toBe(true);
  });

  it('refuses a name and an address that belong to two people', async () => {
    await importUsers([
      { username: 'left', email: 'left@example.com' },
      { username: 'right', email: 'right@example.com' },
    ]);
    const { lines } = await importUsers([{ username: 'left', email: 'right@example.com' }]);
    expect(lines).toEqual([
      {
        line: 1,
        outcome: 'REFUSED',
        userId: null,
        field: 'username',
        rule: 'is that of somebody else',
      },
    ]);
  });

  it('makes nobody twice when the same list is imported many times at once', async () => {
    const users = Array.from({ length: 20 }, (_, i) => ({ username: `storm ${i}` }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => importUsers(users)));
    const total = (count: 'created' | 'existing') =>
      answers.reduce((sum, answer) => sum + answer[count], 0);
    expect([total('created'), total('existing')]).toEqual([20, 380]);
  });

  it('writes nothing in a dry run', async () => {
    const before = await app.services.db.prisma.user.count();
    const answer = await importUsers([{ username: 'dry' }], { dryRun: true });
    expect(answer).toMatchObject({ created: 1 });
    expect(await app.services.db.prisma.user.count()).toBe(before);
  });

  it('puts them into a tenant that is named, and knows when there is none', async () => {
    const [{ tenantId } = { tenantId: '' }] = (await find('registered')).tenantMemberships;
    await importUsers([{ username: 'joins' }], { tenantId });
    expect((await find('joins')).tenantMemberships).toMatchObject([{ tenantId, role: 'MEMBER' }]);
    const input = { users: [{ username: 'nowhere' }], tenantId: 'none' };
    const answer = await app.graphql(IMPORT_USERS, { input }, token);
    expectType(answer.data.importUsers, 'TenantNotFoundError');
  });

  it('writes one audit event with the count and nothing else of them', async () => {
    await importUsers([{ username: 'audited 1' }, { username: 'audited 2', passwordHash: BCRYPT }]);
    const [event] = await app.services.db.prisma.auditEvent.findMany({
      where: { action: 'user.imported' },
      orderBy: { sequence: 'desc' },
      take: 1,
    });
    expect(event).toMatchObject({ actorName: 'admin', outcome: 'success', details: '{"count":2}' });
  });

  it('refuses more than a thousand in one call', async () => {
    const users = [...importLines(1001)].map((line) => JSON.parse(line) as object);
    const answer = await app.graphql(IMPORT_USERS, { input: { users } }, token);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  describe('and then a first sign-in', () => {
    const hashOf = async (username: string) => (await find(username)).passwordHash ?? '';

    it('takes the password of every format and keeps it as argon2id of our settings', async () => {
      const made = MADE_HASHES.filter(({ password }) => password === PASSWORD);
      await importUsers(
        made.map(({ hash }, i) => ({ username: `format ${i}`, passwordHash: hash })),
      );
      for (const i of made.keys()) {
        const wrong = { username: `format ${i}`, password: `${PASSWORD}x` };
        const refused = await app.graphql(LOGIN, { input: wrong });
        expectType(refused.data.login, 'InvalidCredentialsError');
        expect(await hashOf(`format ${i}`)).toBe(made[i]?.hash);
        await signIn(app, `format ${i}`, PASSWORD);
        expect(await hashOf(`format ${i}`)).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
        await signIn(app, `format ${i}`, PASSWORD);
      }
    });

    it('passes a hundred times at once and leaves one argon2id hash', async () => {
      await importUsers([{ username: 'hundred', passwordHash: BCRYPT }]);
      const input = { username: 'hundred', password: PASSWORD };
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => app.graphql(LOGIN, { input })),
      );
      for (const answer of answers) expectType(answer.data.login, 'AuthPayload');
      const hash = await hashOf('hundred');
      expect(hash).toMatch(/^\$argon2id\$/);
      await signIn(app, 'hundred', PASSWORD);
      expect(await hashOf('hundred')).toBe(hash);
    });

    it('does not undo a password that is changed meanwhile', async () => {
      for (let round = 0; round < 10; round++) {
        const username = `racing ${round}`;
        await importUsers([{ username, passwordHash: BCRYPT }]);
        const { accessToken } = await signIn(app, username, PASSWORD);
        const where = { usernameKey: username };
        await app.services.db.prisma.user.update({ where, data: { passwordHash: BCRYPT } });
        app.services.changes.publish({ kind: 'user', userId: (await find(username)).id });
        const input = { currentPassword: PASSWORD, newPassword: 'staple of another kind' };
        const [change] = await Promise.all([
          app.graphql(CHANGE_PASSWORD, { input }, accessToken),
          ...Array.from({ length: 5 }, () =>
            app.graphql(LOGIN, { input: { username, password: PASSWORD } }),
          ),
        ]);
        const isChanged = change.data.changePassword.__typename === 'ChangePasswordPayload';
        await signIn(app, username, isChanged ? input.newPassword : PASSWORD);
      }
    });

    it('is refused to somebody without a password, at no other price', async () => {
      await importUsers([{ username: 'no password' }]);
      const input = { username: 'no password', password: '' };
      expectType((await app.graphql(LOGIN, { input })).data.login, 'InvalidCredentialsError');
    });
  });
});
