import { inspect } from 'node:util';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { exchange } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { refusalOfSubscription } from '../support/subscribe.ts';

const SECRET = 'hunter2';
/** The same as a number, and with what would end a quotation. */
const NUMBER = '20260131';
const QUOTED = `x\\" does not exist in \\"SystemRole\\" enum. ${SECRET}`;
const SPLIT = `\\n${SECRET}: \\"${SECRET}\\".`;

const login = (password: string) =>
  `mutation { login(input: { username: "a", password: ${password} }) { __typename } }`;
const withRole = (role: string) =>
  `mutation { updateUser(input: { id: "a", systemRole: ${role} }) { __typename } }`;
const ROLE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { __typename } }';

type Case = [what: string, query: string, message: string, variables?: object];

const CASES: Case[] = [
  ['a number', login(NUMBER), 'String cannot represent a non string value.'],
  ['a word without quotes', login(SECRET), 'String cannot represent a non string value.'],
  [
    'a list',
    login(`{ of: "${SECRET}", and: ["${SPLIT}"] }`),
    'String cannot represent a non string value.',
  ],
  [
    'a string in the place of an input',
    `mutation { login(input: "${SPLIT}") { __typename } }`,
    'Expected value of type "LoginInput!".',
  ],
  ['an unknown enum value', withRole(SECRET), 'The value does not exist in "SystemRole" enum.'],
  [
    'a string for an enum',
    withRole(`"${QUOTED}"`),
    'Enum "SystemRole" cannot represent non-enum value.',
  ],
  [
    'a variable for an enum',
    ROLE,
    'The value does not exist in "SystemRole" enum.',
    { input: { id: 'a', systemRole: JSON.parse(`"${QUOTED}"`) as string } },
  ],
  [
    'a default of a variable',
    `query ($n: Int = "${SECRET}") { users(first: $n) { totalCount } }`,
    'Int cannot represent non-integer value.',
  ],
  [
    'a number that is too large',
    `{ users(first: ${NUMBER}${NUMBER}) { totalCount } }`,
    'Int cannot represent non 32-bit signed integer value.',
  ],
  ['a missing name', `mutation { login(input: { "${SECRET}" }) }`, 'Expected Name, found String.'],
  ['a stray word', `{ me { id } } ${SECRET}`, 'Unexpected Name.'],
  ['a stray number', `{ me { id } ${NUMBER} }`, 'Expected Name, found Int.'],
  ['a stray fraction', `{ me { id } ${NUMBER}.5 }`, 'Expected Name, found Float.'],
  ['a stray string', `{ me { id } "${SPLIT}" }`, 'Expected Name, found String.'],
  [
    'a stray block of text',
    `{ me { id } """\n${SECRET}". """ }`,
    'Expected Name, found BlockString.',
  ],
  ['a word after a number', login(`1${SECRET}`), 'Invalid number, expected digit.'],
  ['a string that does not end', login(`"${SECRET}`), 'Unterminated string.'],
  ['an escape that is none', login(`"${SECRET}\\q"`), 'Invalid character escape sequence.'],
  ['half an escape', login('"\\u{hunter2}"'), 'Invalid Unicode escape sequence.'],
  ['a character that is none', login(`?${SECRET}`), 'Unexpected character.'],
];

describe('what is wrong with a value', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const expectKept = (text: string) => {
    for (const secret of [SECRET, NUMBER]) {
      expect(text).not.toContain(secret);
      expect(inspect(app.logged, { depth: 20, maxStringLength: null })).not.toContain(secret);
    }
  };

  it.each(CASES)('is said without the value: %s', async (_what, query, message, variables) => {
    for (const accept of ['application/json', 'application/json;q=0.9', 'text/event-stream']) {
      const { text } = await exchange(app.url, {
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      expect(text).toContain(JSON.stringify(message).slice(1, -1));
      expectKept(text);
    }
    if (variables) return;
    const { text } = await exchange(app.url, {
      path: `/graphql?query=${encodeURIComponent(query)}`,
    });
    expect(text).toMatch(/"errors"/);
    expectKept(text);
  });

  it.each<Case>([
    ...CASES.filter(([, , , variables]) => !variables),
    [
      'an argument of a directive',
      `subscription { sessionRevoked { current @include(if: "${SECRET}") } }`,
      'Boolean cannot represent a non boolean value.',
    ],
  ])('is said over a socket without the value: %s', async (_what, query, message, variables) => {
    const refusal = await refusalOfSubscription(app, token, { query, variables });
    const text = JSON.stringify(refusal);
    expect(text).toContain(JSON.stringify(message).slice(1, -1));
    expectKept(text);
  });

  it('is said of a variable of a subscription without the value', async () => {
    const client = createClient({
      url: `${app.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const query = 'subscription ($b: Boolean!) { sessionRevoked { current @include(if: $b) } }';
    const { value } = await client.iterate({ query, variables: { b: SECRET } }).next();
    await client.dispose();
    const text = JSON.stringify(value);
    expect(text).toContain('Boolean cannot represent a non boolean value.');
    expectKept(text);
  });
});
