import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { countingHasher } from '../support/hasher.ts';
import { setUpAdmin } from '../support/people.ts';

const LOGIN = 'login(input: { username: "admin", password: "wrong" }) { __typename }';
const REGISTER = 'register(input: { username: "eve", password: "long enough" }) { __typename }';
/** By the short cut, and by Yoga's front door. */
const DOORS = ['application/json', 'application/json;q=0.9'];

describe('a request that would check two credentials', () => {
  const { hasher, checked } = countingHasher();
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ hasher });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const send = async (query: string, accept = DOORS[0]!, variables?: object) => {
    const before = checked();
    const answer = await app.rest('POST', '/graphql', {
      body: { query, variables },
      headers: { accept },
    });
    return { ...answer, checked: checked() - before };
  };

  const aliases = (count: number) =>
    Array.from({ length: count }, (_, i) => `a${i}: ${LOGIN}`).join('\n');

  describe.each(DOORS)('(Accept: %s)', (accept) => {
    it.each([
      ['ten aliases', `mutation { ${aliases(10)} }`],
      ['two names', `mutation { ${LOGIN} ${REGISTER} }`],
      ['a fragment', `mutation { ${LOGIN} ...f } fragment f on Mutation { b: ${LOGIN} }`],
      [
        'fragments in fragments',
        `mutation { ...f ...g } fragment f on Mutation { ...h } fragment g on Mutation { b: ${LOGIN} }
         fragment h on Mutation { ... on Mutation { c: ${LOGIN} } }`,
      ],
      ['inline fragments', `mutation { ... { ${LOGIN} } ... on Mutation { b: ${LOGIN} } }`],
      ['conditions that hold', `mutation { ${LOGIN} b: ${login('@include(if: true)')} }`],
      [
        'a fragment that is left out once',
        `mutation { ${LOGIN} ...f @skip(if: true) ...f } fragment f on Mutation { b: ${LOGIN} }`,
      ],
      ['a default of a variable', `mutation ($b: Boolean = true) { ${both('@include(if: $b)')} }`],
      ['one of two operations', `mutation A { ${LOGIN} b: ${LOGIN} }`],
    ])('by %s is refused before it checks any', async (_what, query) => {
      const answer = await send(query, accept);
      expect(answer.body).toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      });
      expect(answer.body).not.toHaveProperty('data');
      expect(answer.text).toMatch(/Send each of these in a request of its own: login/);
      expect(answer.checked).toBe(0);
    });

    it('by a thousand aliases is refused before it checks any', async () => {
      const answer = await send(`mutation { ${aliases(1000)} }`, accept);
      expect(answer.body).not.toHaveProperty('data');
      expect(answer.checked).toBe(0);
    });

    it('by a variable is refused before it checks any', async () => {
      const query = `mutation ($b: Boolean!) { ${both('@include(if: $b)')} }`;
      expect((await send(query, accept, { b: true })).checked).toBe(0);
      expect((await send(query, accept, { b: false })).checked).toBe(1);
    });
  });

  it.each([
    ['once', `mutation { ${LOGIN} }`],
    ['once, named', `mutation { a: ${LOGIN} }`],
    ['once beside others', `mutation { ${LOGIN} logout { __typename } }`],
    ['twice as one', `mutation { ${LOGIN} ...f } fragment f on Mutation { ${LOGIN} }`],
    ['once, and once not', `mutation { ${LOGIN} b: ${login('@skip(if: true)')} }`],
  ])('is not one that checks it %s', async (_what, query) => {
    expect((await send(query)).checked).toBe(1);
  });

  it('answers 400 to clients of the newer media type', async () => {
    const answer = await send(`mutation { ${both('')} }`, 'application/graphql-response+json');
    expect(answer.status).toBe(400);
    expect((await send(`mutation { ${both('')} }`)).status).toBe(200);
  });

  it('is told from a fault of its variables', async () => {
    const query = `mutation ($b: Boolean!) { ${both('@include(if: $b)')} }`;
    const answer = await send(query, DOORS[0], {});
    expect(answer.text).toMatch(/Variable \\"\$b\\"/);
    expect(answer.checked).toBe(0);
  });
});

it('marks what checks a credential, makes an account or has mail sent, and nothing else', () => {
  const fields = Object.values(schema.getMutationType()!.getFields());
  const marked = fields.filter(({ extensions }) => extensions['once'] === true);
  expect(marked.map(({ name }) => name).sort()).toEqual([
    'changeEmail',
    'changePassword',
    'completeLogin',
    'confirmTotp',
    'inviteTenantMember',
    'login',
    'reauthenticate',
    'register',
    'registerByInvitation',
    'requestPasswordReset',
    'sendEmailOtp',
    'setup',
    'signup',
    'skipSetup',
    'verifyEmailOtp',
  ]);
  for (const { description } of marked) expect(description).toMatch(/a request takes one/);
});

function login(directive: string): string {
  return LOGIN.replace(') {', `) ${directive} {`);
}

function both(directive: string): string {
  return `${LOGIN} b: ${login(directive)}`;
}
