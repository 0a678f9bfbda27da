import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldName } from '../../src/features/users/rules.ts';
import type { ListUsersQueryVariables } from '../generated/graphql.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { COUNT_USERS, LIST_USERS } from '../support/user-documents.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { directReads, planOf } from '../support/plan.ts';

const MINUTE = 60_000;
const FIELDS = ['USERNAME', 'CREATED_AT', 'LAST_LOGIN_AT'] as const;
const DIRECTIONS = ['ASC', 'DESC'] as const;
const ORDERS = FIELDS.flatMap((field) => DIRECTIONS.map((direction) => ({ field, direction })));

describe.each(providers)('users on %s', (provider) => {
  let app: TestApp;
  let token: string;
  /** Everybody, as the list should see them. */
  const people: { id: string; name: string; created: number; login: number }[] = [];

  beforeAll(async () => {
    app = await startApp({ provider });
    const admin = await setUpAdmin(app);
    token = admin.accessToken;
    const at = app.clock.now().getTime();
    people.push({ id: admin.user.id, name: 'admin', created: at, login: at });
    // Many share a moment, and half of them never signed in.
    for (let i = 0; i < 24; i++) {
      const name = `user${String((i * 7) % 24).padStart(2, '0')}`;
      const person = {
        id: randomUUID(),
        name,
        created: at - (i % 5) * MINUTE,
        login: i % 2 === 0 ? 0 : at - (i % 3) * MINUTE,
      };
      people.push(person);
      await app.services.db.prisma.user.create({
        data: {
          id: person.id,
          username: name,
          usernameKey: name,
          handleKey: name,
          systemRole: i < 3 ? 'ADMIN' : 'USER',
          disabled: i === 2 || i === 5,
          emailVerifiedAt: i % 4 === 0 ? new Date(at) : null,
          createdAt: new Date(person.created),
          updatedAt: new Date(at),
          lastLoginAt: person.login === 0 ? null : new Date(person.login),
        },
      });
    }
  });
  afterAll(() => app.close());

  const page = async (args: ListUsersQueryVariables, as = token) => {
    const { data, errors } = await app.graphql(LIST_USERS, args, as);
    expect(errors).toEqual([]);
    return data.users;
  };
  const namesOf = (users: Awaited<ReturnType<typeof page>>) =>
    users.nodes.map(({ username }) => username);

  const inOrder = ({ field, direction }: (typeof ORDERS)[number]) => {
    const sorted = people.toSorted((a, b) => {
      if (field === 'USERNAME') return a.name < b.name ? -1 : 1;
      const by = field === 'CREATED_AT' ? 'created' : 'login';
      return a[by] - b[by] || (a.id < b.id ? -1 : 1);
    });
    return (direction === 'ASC' ? sorted : sorted.reverse()).map(({ name }) => name);
  };

  describe.each(ORDERS)('by $field $direction', (orderBy) => {
    it('come page by page forward, each once', async () => {
      const seen: (string | null)[] = [];
      let after: string | null = null;
      for (;;) {
        const users: Awaited<ReturnType<typeof page>> = await page({ first: 7, after, orderBy });
        seen.push(...namesOf(users));
        after = users.pageInfo.endCursor;
        if (!users.pageInfo.hasNextPage) break;
      }
      expect(seen).toEqual(inOrder(orderBy));
    });

    it('come page by page backward, each page in order', async () => {
      const seen: (string | null)[] = [];
      let before: string | null = null;
      for (;;) {
        const users: Awaited<ReturnType<typeof page>> = await page({ last: 7, before, orderBy });
        seen.unshift(...namesOf(users));
        before = users.pageInfo.startCursor;
        if (!users.pageInfo.hasPreviousPage) break;
      }
      expect(seen).toEqual(inOrder(orderBy));
    });

    it('refuse the cursors of every other order', async () => {
      const { endCursor } = (await page({ first: 1, orderBy })).pageInfo;
      for (const other of ORDERS.filter((order) => order !== orderBy)) {
        const args = { after: endCursor, orderBy: other };
        const { errors } = await app.graphql(LIST_USERS, args, token);
        expect(errors[0]?.extensions).toMatchObject({
          code: 'BAD_USER_INPUT',
          issues: [{ path: ['after'] }],
        });
      }
    });

    it('walk an index and sort nothing, from a cursor too', async () => {
      const { endCursor } = (await page({ first: 3, orderBy })).pageInfo;
      const reads = await directReads(app, () => page({ first: 3, after: endCursor, orderBy }));
      const [query, ...others] = reads.filter(({ sql }) => sql.includes('ORDER BY'));
      expect(others).toEqual([]);
      const steps = await planOf(app, query!);
      expect(steps).toMatch(/User_(handleKey_key|createdAt_id_idx|lastLoginAt_or_never_idx)/);
      expect(steps).not.toMatch(/Sort|TEMP B-TREE|Seq Scan/);
    });
  });

  it('refuse a cursor that no list can have made', async () => {
    const orderBy = { field: 'LAST_LOGIN_AT', direction: 'ASC' } as const;
    const name = 'users by LAST_LOGIN_AT ASC';
    for (const key of [[-1, 'x'], [1e300, 'x'], ['1', 'x'], [1.5, 'x'], [0], [0, 'x', 'y']]) {
      const after = Buffer.from(JSON.stringify([name, ...key])).toString('base64url');
      const { errors } = await app.graphql(LIST_USERS, { after, orderBy }, token);
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    // At either end of what a cursor may say there is a page.
    for (const key of [
      [0, ''],
      [Date.parse('9999-12-31T23:59:59.999Z'), '\ud800'],
    ]) {
      const after = Buffer.from(JSON.stringify([name, ...key])).toString('base64url');
      await page({ after, orderBy });
    }
  });

  it('keep their place by a time that others share, when others come and go', async () => {
    const orderBy = { field: 'CREATED_AT', direction: 'ASC' } as const;
    const all = inOrder(orderBy);
    const first = await page({ first: 10, orderBy });
    const { db } = app.services;
    const gone = first.nodes[9]!;
    const row = await db.prisma.user.delete({ where: { id: gone.id } });
    const early = { id: randomUUID(), handleKey: 'early', createdAt: new Date(0) };
    await db.prisma.user.create({ data: { ...row, ...early, username: null, usernameKey: null } });
    const second = await page({ first: 100, after: first.pageInfo.endCursor, orderBy });
    expect(namesOf(second)).toEqual(all.slice(10));
    await db.prisma.user.delete({ where: { id: early.id } });
    await db.prisma.user.create({ data: row });
  });

  it.each<[object, (i: number) => boolean]>([
    [{ systemRole: 'ADMIN' }, (i) => i < 3],
    [{ systemRole: 'USER' }, (i) => i >= 3],
    [{ disabled: true }, (i) => i === 2 || i === 5],
    [{ disabled: false }, (i) => i !== 2 && i !== 5],
    [{ verified: true }, (i) => i % 4 === 0],
    [{ verified: false }, (i) => i % 4 !== 0],
    [{ systemRole: 'ADMIN', disabled: true }, (i) => i === 2],
    [{ search: 'ER0', verified: true }, (i) => i % 4 === 0 && (i * 7) % 24 < 10],
  ])('narrow to %j, and count the same', async (narrow, holds) => {
    const filter = { search: 'user', ...narrow };
    const expected = people.slice(1).filter((_person, i) => holds(i));
    const users = await page({ first: 100, filter });
    expect(namesOf(users)).toEqual(expected.map(({ name }) => name).sort());
    expect(users.totalCount).toBe(expected.length);
    const { data } = await app.graphql(COUNT_USERS, { filter }, token);
    expect(data.users.totalCount).toBe(expected.length);
  });

  it('count nothing unless the number is asked for', async () => {
    const query = '{ users(first: 1) { nodes { id } } }';
    const counts = async (work: () => Promise<unknown>) =>
      (await directReads(app, work)).filter(({ sql }) => sql.includes('count(')).length;
    expect(await counts(() => app.rest('POST', '/graphql', { body: { query }, token }))).toBe(0);
    expect(await counts(() => page({ first: 1 }))).toBe(1);
  });

  describe('that are searched', () => {
    beforeAll(async () => {
      const found = [
        { username: 'Élodie-Search', email: 'q.find@example.org', name: 'Search ÄÖ' },
        { username: 'zz1', email: null, name: '50% off_' },
        { username: 'zz2', email: null, name: 'back\\slash' },
      ];
      for (const { username, email, name } of found) {
        const now = app.clock.now();
        const key = foldName(username);
        const emailKey = email === null ? null : foldName(email);
        const keys = { usernameKey: key, handleKey: key, emailKey, nameKey: foldName(name) };
        const shared = { id: randomUUID(), createdAt: now, updatedAt: now };
        await app.services.db.prisma.user.create({
          data: { ...shared, ...keys, username, email, name },
        });
      }
    });

    it.each([
      ['part of a username', 'ÉLODIE-S', 'Search ÄÖ'],
      ['part of an address', 'Q.Find@EXAMPLE', 'Search ÄÖ'],
      ['part of a name, in any case', 'search äö', 'Search ÄÖ'],
      ['a full-width form', 'ｓｅａｒｃｈ', 'Search ÄÖ'],
      ['a percent sign', '50%', '50% off_'],
      ['an underscore', 'f_', '50% off_'],
      ['a backslash', 'back\\', 'back\\slash'],
    ])('find %s', async (_case, search, name) => {
      const found = await page({ filter: { search } });
      expect(found.nodes.map((user) => user.name)).toEqual([name]);
    });

    it('take an empty search for none, and refuse control characters in one', async () => {
      expect((await page({ filter: { search: '  ' } })).totalCount).toBe(people.length + 3);
      const { errors } = await app.graphql(LIST_USERS, { filter: { search: 'a\0' } }, token);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        issues: [{ path: ['filter', 'search'] }],
      });
    });
  });

  describe('of a tenant', () => {
    let tenantId: string;
    let owner: Awaited<ReturnType<typeof registerUser>>;

    beforeAll(async () => {
      owner = await registerUser(app, 'zz-owner');
      const { db } = app.services;
      ({ tenantId } = await db.prisma.tenantMembership.findFirstOrThrow({
        where: { userId: owner.user.id },
      }));
      const members = people.slice(1, 6).map(({ id: userId }) => ({
        tenantId,
        userId,
        role: 'MEMBER' as const,
        createdAt: app.clock.now(),
      }));
      await db.prisma.tenantMembership.createMany({ data: members });
    });

    it('come to its owner, with their number', async () => {
      const expected = [...people.slice(1, 6).map(({ name }) => name), 'zz-owner'].sort();
      for (const as of [owner.accessToken, token]) {
        const users = await page({ filter: { tenantId } }, as);
        expect(namesOf(users)).toEqual(expected);
        expect(users.totalCount).toBe(6);
      }
    });

    it('are not there for others, as if the tenant were not', async () => {
      const { accessToken } = await registerUser(app, `zz-stranger`);
      const answers = await Promise.all(
        [tenantId, randomUUID()].map((id) =>
          app.graphql(COUNT_USERS, { filter: { tenantId: id } }, accessToken),
        ),
      );
      for (const { errors } of answers) {
        expect(errors[0]?.extensions).toEqual({ code: 'TENANT_NOT_FOUND' });
      }
      await app.services.db.prisma.user.deleteMany({ where: { username: 'zz-stranger' } });
    });

    it('are all that its owner gets to see', async () => {
      const { errors } = await app.graphql(LIST_USERS, {}, owner.accessToken);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', required: 'users:read' });
    });
  });
});
