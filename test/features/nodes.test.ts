import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../access/world.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';

interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const NODES = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename id
    ... on User { username }
    ... on Tenant { role }
    ... on Project { permissions }
  }
}`;

describe.each(providers)('node and nodes on %s', (provider) => {
  let app: TestApp;
  let world: World;

  beforeAll(async () => {
    app = await startApp({ provider });
    world = await createWorld(app);
  });
  afterAll(() => app.close());

  async function ask(query: string, variables: object, headers: Record<string, string> = {}) {
    const body = { query, variables };
    const answer = await app.rest('POST', '/graphql', { body, headers });
    return answer.body as Answer;
  }

  it('find a user, a tenant and a project by their ids alone, in the order asked', async () => {
    const { tenantId, projectId } = world;
    const userId = world.idOf('projectOwner');
    const headers = await world.credentials('projectOwner');
    const { data } = await ask(NODES, { ids: [projectId, 'none', userId, tenantId] }, headers);
    expect(data?.['nodes']).toEqual([
      {
        __typename: 'Project',
        id: projectId,
        permissions: ['project:read', 'project:write', 'project:admin'],
      },
      null,
      { __typename: 'User', id: userId, username: 'projectOwner' },
      { __typename: 'Tenant', id: tenantId, role: 'MEMBER' },
    ]);
  });

  it('answer a stranger nothing of another tenant, as if there were nothing', async () => {
    const { tenantId, projectId } = world;
    const ids = [tenantId, projectId, world.idOf('tenantOwner'), 'none'];
    const headers = await world.credentials('stranger');
    expect(await ask(NODES, { ids }, headers)).toEqual({ data: { nodes: ids.map(() => null) } });
  });

  it('refuse one of many without taking the others along', async () => {
    const ids = [world.projectId, world.tenantId];
    const { data, errors } = await ask(NODES, { ids }, await world.credentials('tenantOwner'));
    expect(data?.['nodes']).toMatchObject([null, { __typename: 'Tenant', role: 'OWNER' }]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  it('take a hundred ids and no more', async () => {
    const headers = await world.credentials('tenantOwner');
    const ids = Array.from({ length: 101 }, () => world.tenantId);
    expect((await ask(NODES, { ids }, headers)).errors?.[0]?.extensions.code).toBe(
      'BAD_USER_INPUT',
    );
    expect((await ask(NODES, { ids: ids.slice(1) }, headers)).errors).toBeUndefined();
  });

  // SQLite's driver does not tell the text of a statement.
  it.runIf(provider === 'postgresql')('ask for the memberships of the caller once', async () => {
    const headers = await world.credentials('projectOwner');
    const ids = (many: number) => Array.from({ length: many }, () => world.tenantId);
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Tenant { role permissions } } }`;
    const readsFor = async (many: number) => {
      const statements = await listStatements(() => ask(query, { ids: ids(many) }, headers));
      return statements.filter((sql) => sql.includes('"ProjectMembership"')).length;
    };
    expect([await readsFor(1), await readsFor(50)]).toEqual([1, 1]);
  });

  it('are read as who has just signed in, in the answer of the sign-in', async () => {
    const query = `mutation ($input: LoginInput!) {
      login(input: $input) {
        ... on AuthPayload { user { username tenants { id role permissions } } }
      }
    }`;
    const input = { username: 'tenantMember', password: PASSWORD };
    expect(await ask(query, { input })).toEqual({
      data: {
        login: {
          user: {
            username: 'tenantMember',
            tenants: [{ id: world.tenantId, role: 'MEMBER', permissions: ['tenant:read'] }],
          },
        },
      },
    });
  });
});
