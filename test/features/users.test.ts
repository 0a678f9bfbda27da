import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME, USERS } from '../support/documents.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';

type Args = { first?: number; after?: string | null; last?: number; before?: string | null };

describe.each(providers)('users on %s', (provider) => {
  let app: TestApp;
  let token: string;
  let plain: string;
  const names = [
    'admin',
    ...Array.from({ length: 24 }, (_, i) => `user${String(i).padStart(2, '0')}`),
  ];

  beforeAll(async () => {
    app = await startApp({ provider });
    token = (await setUpAdmin(app)).accessToken;
    for (const name of names.slice(1)) plain = (await registerUser(app, name)).accessToken;
  });
  afterAll(() => app.close());

  const page = async (args: Args) => {
    const { data, errors } = await app.graphql(USERS, args, token);
    expect(errors).toEqual([]);
    return data.users;
  };
  const namesOf = ({ edges }: Awaited<ReturnType<typeof page>>) =>
    edges.map((edge) => edge.node.username);

  it('come by name, with their number', async () => {
    const users = await page({ first: 100 });
    expect(namesOf(users)).toEqual(names);
    expect(users.totalCount).toBe(25);
    expect(users.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  });

  it('come without their cursors too', async () => {
    const { edges, nodes } = await page({ first: 3 });
    expect(nodes).toEqual(edges.map(({ node: { id } }) => ({ id })));
  });

  it('come page by page forward, each once', async () => {
    const seen: (string | null)[] = [];
    let after: string | null = null;
    for (;;) {
      const users: Awaited<ReturnType<typeof page>> = await page({ first: 7, after });
      expect(users.pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...namesOf(users));
      after = users.pageInfo.endCursor;
      if (!users.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(names);
  });

  it('come page by page backward, each page in order', async () => {
    const seen: (string | null)[] = [];
    let before: string | null = null;
    for (;;) {
      const users: Awaited<ReturnType<typeof page>> = await page({ last: 7, before });
      expect(users.pageInfo.hasNextPage).toBe(before !== null);
      seen.unshift(...namesOf(users));
      before = users.pageInfo.startCursor;
      if (!users.pageInfo.hasPreviousPage) break;
    }
    expect(seen).toEqual(names);
  });

  it('keep their place when others come and go between two pages', async () => {
    const first = await page({ first: 10 });
    await registerUser(app, 'aaa');
    await app.services.db.prisma.user.delete({ where: { handleKey: 'user05' } });
    const second = await page({ first: 100, after: first.pageInfo.endCursor });
    expect(namesOf(second)).toEqual(names.slice(10));
  });

  it('count nothing unless the number is asked for', async () => {
    const body = { query: '{ users(first: 1) { edges { node { id } } } }' };
    let counts = 0;
    const { db } = app.services;
    const { readShared } = db;
    const listening: typeof readShared = (query) => {
      if (query.sql.includes('count(*)')) counts += 1;
      return readShared(query);
    };
    Object.assign(db, { readShared: listening });
    try {
      await app.rest('POST', '/graphql', { body, token });
      expect(counts).toBe(0);
      await page({ first: 1 });
      expect(counts).toBe(1);
    } finally {
      Object.assign(db, { readShared });
    }
  });

  it.each<[Args, string]>([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: -1 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: 'YQ', before: 'YQ' }, 'before'],
  ])('refuse %j and name the argument', async (args, field) => {
    const { errors } = await app.graphql(USERS, args, token);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: [field] }],
    });
  });

  it.each<[string, unknown]>([
    ['no JSON', 'nonsense'],
    ['another list', ['sessions', 'user05']],
    ['too short a key', ['users by USERNAME ASC']],
    ['a key of another kind', ['users by USERNAME ASC', 5]],
    ['a NUL', ['users by USERNAME ASC', 'a\0b']],
  ])('refuse a cursor of %s and name the argument', async (_case, content) => {
    const cursor = Buffer.from(JSON.stringify(content)).toString('base64url');
    for (const argument of ['after', 'before'] as const) {
      const { errors } = await app.graphql(USERS, { [argument]: cursor }, token);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        issues: [{ path: [argument] }],
      });
    }
  });

  it('are for system administrators', async () => {
    const asUser = await app.graphql(USERS, { first: 1 }, plain);
    expect(asUser.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const asStranger = await app.graphql(USERS, { first: 1 });
    expect(asStranger.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('see a change of role at once', async () => {
    const { accessToken, user } = await registerUser(app, 'riser');
    const users = async () => (await app.graphql(USERS, { first: 1 }, accessToken)).errors.length;
    const promote = async (systemRole: 'ADMIN' | 'USER') => {
      await app.services.db.prisma.user.update({ where: { id: user.id }, data: { systemRole } });
      app.services.changes.publish({ kind: 'user', userId: user.id });
    };
    expect(await users()).toBe(1);
    await promote('ADMIN');
    expect(await users()).toBe(0);
    expect((await app.graphql(ME, {}, accessToken)).data.me.permissions).toContain('users:read');
    await promote('USER');
    expect(await users()).toBe(1);
  });
});
