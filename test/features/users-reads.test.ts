import { getNamedType, type GraphQLObjectType, isLeafType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { createUser, setUpAdmin, signIn } from '../support/people.ts';
import { directReads } from '../support/plan.ts';
import { turnOnTotp } from '../support/totp.ts';

const FIELDS = Object.values((schema.getType('User') as GraphQLObjectType).getFields()).map(
  ({ name, type }) => (isLeafType(getNamedType(type)) ? name : `${name} { id name }`),
);

type Person = Readonly<Record<string, unknown>>;
interface Answer {
  readonly data: {
    readonly user: Person;
    readonly users: { nodes?: readonly Person[]; edges?: readonly { node: Person }[] };
  };
  readonly errors?: readonly object[];
}

describe.each(providers)('a list of users on %s', (provider) => {
  let app: TestApp;
  let token: string;
  let id: string;
  let another: string;

  beforeAll(async () => {
    app = await startApp({ provider });
    token = (await setUpAdmin(app)).accessToken;
    id = (await createUser(app, token, 'ann')).id;
    await turnOnTotp(app, (await signIn(app, 'ann')).accessToken);
    // What is derived of her is otherwise than of somebody new.
    const data = { email: 'ann@example.com', name: 'Ann', emailVerifiedAt: app.clock.now() };
    await app.services.db.prisma.user.update({ where: { id }, data });
    another = (await createUser(app, token, 'somebody new')).id;
  });
  afterAll(() => app.close());

  const ask = async (query: string) => {
    const body = { query, variables: { id, search: 'ann', yes: true, no: false } };
    const answer = (await app.rest('POST', '/graphql', { body, token })).body as Answer;
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  /** What is read of somebody for a list of users with that in it. */
  const columnsOf = async (selection: string, args = 'first: 2') => {
    const reads = await directReads(app, () => ask(`{ users(${args}) { ${selection} } }`));
    const lists = reads.filter(({ sql }) => sql.includes('ORDER BY'));
    expect(lists).toHaveLength(1);
    const [, columns = ''] = /SELECT (.*?) FROM/.exec(lists[0]?.sql ?? '') ?? [];
    return columns.replaceAll('"', '').split(', ');
  };

  it.each(FIELDS)('says by itself what a look-up says: %s', async (field) => {
    for (const [sought, username] of [
      [id, 'ann'],
      [another, 'somebody new'],
    ]) {
      const data = await ask(`{
        user(id: "${sought}") { ${field} }
        users(filter: { search: "${username}" }) { nodes { ${field} } }
      }`);
      expect(data.users.nodes).toEqual([data.user]);
    }
  });

  it.each(FIELDS)('reads a few columns for one field: %s', async (field) => {
    expect((await columnsOf(`nodes { ${field} }`)).length).toBeLessThanOrEqual(3);
  });

  it.each([
    ['of an edge', 'edges { node { email } }', ['email', 'handleKey']],
    ['of both', 'edges { node { email } } nodes { name }', ['email', 'handleKey', 'name']],
    ['by another name', 'nodes { address: email }', ['email', 'handleKey']],
    ['of no more than its type', 'nodes { __typename }', ['handleKey']],
    ['of the page alone', 'pageInfo { endCursor }', ['handleKey']],
    ['of two mentions', 'nodes { email } nodes { name }', ['email', 'handleKey', 'name']],
  ])('reads what is asked for: %s', async (_what, selection, columns) => {
    expect((await columnsOf(selection)).sort()).toEqual(columns);
  });

  it.each([
    ['CREATED_AT', ['createdAt', 'id', 'username']],
    ['LAST_LOGIN_AT', ['id', 'lastLoginAt', 'username']],
  ])('reads where everybody stands in the order %s', async (field, columns) => {
    const args = `first: 2, orderBy: { field: ${field} }`;
    expect((await columnsOf('nodes { username }', args)).sort()).toEqual(columns);
  });

  it('says what fragments ask for, and what a variable leaves in', async () => {
    const { users } = await ask(`
      query ($search: String, $yes: Boolean!, $no: Boolean!) {
        users(filter: { search: $search }) { ...Page }
      }
      fragment Page on QueryUsersConnection {
        edges { node { ...Person ... on Node { id } ... @include(if: $yes) { email } } }
        nodes { emailVerified @skip(if: $no) name @include(if: $no) }
      }
      fragment Person on User { username totpEnabled }`);
    expect(users).toEqual({
      edges: [{ node: { username: 'ann', totpEnabled: true, id, email: 'ann@example.com' } }],
      nodes: [{ emailVerified: true }],
    });
  });

  it('says what fragments within fragments ask for, however often', async () => {
    const levels = Array.from(
      { length: 16 },
      (_, n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`,
    );
    const query = `query ($search: String) { users(first: 1, filter: { search: $search }) { nodes { ...F0 } } }`;
    const { users } = await ask(`${query} ${levels.join(' ')} fragment F16 on User { username }`);
    expect(users.nodes).toEqual([{ username: 'ann' }]);
  });

  it('says the same where it is asked for in two places', async () => {
    const { users } = await ask(`
      query ($search: String) {
        users(filter: { search: $search }) { nodes { username } }
        ... { users(filter: { search: $search }) { nodes { email } } }
      }`);
    expect(users.nodes).toEqual([{ username: 'ann', email: 'ann@example.com' }]);
  });
});
