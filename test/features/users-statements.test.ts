import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { createUser, setUpAdmin } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import { registerOwner } from '../support/tenants.ts';
import { USERS_WITH_PLACES } from '../support/user-documents.ts';

const MATES = 60;

describe.each(providers)('users with their tenants and projects on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let owner: Awaited<ReturnType<typeof registerOwner>>;

  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
    owner = await registerOwner(app, 'owner');
    for (let i = 0; i < MATES; i++) {
      const username = `mate${String(i).padStart(2, '0')}`;
      await createUser(app, owner.token, username, { tenantId: owner.tenantId });
    }
  });
  afterAll(() => app.close());

  it.each([
    ['a system administrator', () => ({ token: admin, filter: null })],
    ['the owner of a tenant', () => ({ token: owner.token, filter: { tenantId: owner.tenantId } })],
  ])('cost %s the same number of statements, be they one or fifty', async (_who, caller) => {
    const { token, filter } = caller();
    const ask = async (first: number) => {
      let seen: Awaited<ReturnType<typeof query>> | undefined;
      const query = async () => {
        const { data, errors } = await app.graphql(USERS_WITH_PLACES, { first, filter }, token);
        expect(errors).toEqual([]);
        return data.users.nodes;
      };
      const statements = await listStatements(async () => {
        seen = await query();
      });
      expect(seen).toHaveLength(first);
      return { count: statements.length, seen: seen ?? [] };
    };
    await ask(1);
    const one = await ask(1);
    const fifty = await ask(50);
    expect(one.count).toBeGreaterThan(0);
    expect(fifty.count).toBe(one.count);
    expect(fifty.seen.every(({ tenants }) => tenants.length === 1)).toBe(true);
  });

  it('show the owner of a tenant every project in it', async () => {
    const filter = { tenantId: owner.tenantId, search: 'mate07' };
    const { data } = await app.graphql(USERS_WITH_PLACES, { first: 1, filter }, owner.token);
    expect(data.users).toMatchObject({
      totalCount: 1,
      nodes: [
        {
          username: 'mate07',
          tenants: [{ id: owner.tenantId, role: 'OWNER' }],
          projects: [{ name: "mate07's project", role: null }],
          defaultProject: { name: "mate07's project" },
        },
      ],
    });
  });
});
