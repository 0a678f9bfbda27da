import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { refusalOfSubscription } from '../support/subscribe.ts';

const SECRET = 'hunter2';
const MOST = 5;
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const PRODUCTION = {
  PROFILE: 'production',
  OPEN_SETUP: 'true',
  ARGON2_MEMORY_KIB: '19456',
  ARGON2_TIME: '2',
};
const many = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
const unknown = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, SECRET]));

type Case = readonly [what: string, query: string, variables?: object];
const CASES: readonly Case[] = [
  ['unknown fields', `{ me { ${many(200, (n) => `f${n}`)} } }`],
  ['unknown arguments', `{ users(${many(200, (n) => `a${n}: "${SECRET}"`)}) { totalCount } }`],
  ['values of another type', `{ me { ${many(50, () => `id @include(if: "${SECRET}")`)} } }`],
  ['variables that are not used', `query (${many(200, (n) => `$v${n}: Int`)}) { __typename }`],
  ['one variable many times', `query (${many(200, () => '$v: Int')}) { me { id @skip(if: $v) } }`],
  [
    'fragments that are not used',
    `{ __typename } ${many(200, (n) => `fragment f${n} on User { id }`)}`,
  ],
  ['a name as long as the request', `{ ${'x'.repeat(100_000)} }`],
  ['unknown input fields', LOGIN, { input: unknown(10_000) }],
  [
    'unknown input fields beside the right ones',
    LOGIN,
    { input: { username: 'a', password: 'b', ...unknown(10_000) } },
  ],
  [
    'items of another type',
    'mutation ($i: [ImportedUserInput!]!) { importUsers(input: { users: $i }) { __typename } }',
    { i: Array.from({ length: 5000 }, () => SECRET) },
  ],
  ['a value as long as the request', LOGIN, { input: SECRET.repeat(50_000) }],
];

interface Answered {
  readonly errors: readonly { readonly message: string; readonly locations?: unknown[] }[];
}

describe('a request with many faults', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const expectFew = ({ errors }: Answered, text: string) => {
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(MOST);
    for (const { message, locations = [] } of errors) {
      expect(message.length).toBeLessThan(400);
      expect(locations.length).toBeLessThanOrEqual(MOST);
    }
    expect(text).not.toContain(SECRET);
    expect(JSON.stringify(app.logged)).not.toContain(SECRET);
  };

  it.each(CASES)('is told of a handful, without a value: %s', async (_what, query, variables) => {
    for (const accept of ['application/json', 'application/json;q=0.9', 'text/event-stream']) {
      // The second time a document of the short cut is known.
      for (let i = 0; i < 2; i++) {
        const { text } = await exchange(app.url, {
          method: 'POST',
          path: '/graphql',
          headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
          body: JSON.stringify({ query, variables }),
        });
        expectFew(JSON.parse(/\{.*\}/s.exec(text)?.[0] ?? '') as Answered, text);
      }
    }
  });

  it('has as many failed fields as it may have root fields, and no more', async () => {
    const fields = many(20, (n) => `f${n}: user(id: "u") { id }`);
    const query = `{ ${fields} }`;
    const { body } = await app.rest('POST', '/graphql', { body: { query } });
    expect((body as Answered).errors).toHaveLength(20);
  });

  it('names ten of the rules that an input broke', async () => {
    const query =
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { __typename } }';
    const input = { name: 'x', scopes: Array.from({ length: 15 }, () => SECRET) };
    const { text, body } = await app.rest('POST', '/graphql', {
      body: { query, variables: { input } },
      token,
    });
    const { errors } = body as { errors: { extensions: { issues: unknown[] } }[] };
    expect(errors[0]?.extensions.issues).toHaveLength(10);
    expect(text).not.toContain(SECRET);
  });
});

describe('in production a name that is misspelt', () => {
  it('is not set right at any door', { timeout: 120_000 }, async () => {
    const app = await startApp({ env: PRODUCTION });
    const { accessToken } = await setUpAdmin(app);
    for (const query of [
      'subscription { sessionRevokd { current } }',
      'subscription { sessionRevoked { curent } }',
      'subscription { sessionRevoked }',
      'subscription { sessionRevoked { ... on SessionRevokd { current } } }',
      'subscription { sessionRevoked { current @includ(if: true) } }',
      'subscription { sessionRevoked { current @include(fi: true) } }',
    ]) {
      const refusal = await refusalOfSubscription(app, accessToken, { query });
      expect(refusal?.message).toBeDefined();
      expect(JSON.stringify(refusal)).not.toContain('Did you mean');
      for (const accept of ['application/json', 'text/event-stream']) {
        const { text } = await app.rest('POST', '/graphql', {
          body: { query },
          token: accessToken,
          headers: { accept },
        });
        expect(text).toContain('"errors"');
        expect(text).not.toContain('Did you mean');
      }
      const { text } = await exchange(app.url, {
        path: `/graphql?query=${encodeURIComponent(query)}`,
      });
      expect(text).not.toContain('Did you mean');
    }
    await app.close();
  });
});
