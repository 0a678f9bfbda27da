import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { readLine } from '../../src/features/import/line.ts';
import { LIMITS } from '../../src/doors/graphql/limits.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { exchange } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { refusalOfSubscription } from '../support/subscribe.ts';

const NEW_TYPE = 'application/graphql-response+json';
/** As deep as a body of a megabyte can be. */
const DEEP = 500_000;
const listOf = (depth: number, value = '1') => '['.repeat(depth) + value + ']'.repeat(depth);
const objectOf = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const fragments = (count: number, selection: (n: number) => string, type = 'Query') =>
  Array.from({ length: count }, (_, n) => `fragment f${n} on ${type} { ${selection(n)} }`).join(
    ' ',
  );
/** Two circles of fragments: as many pairs to compare as the product of their lengths. */
const circles = (length: number, type = 'Query') =>
  ['f', 'g']
    .map((name) =>
      fragments(length, (n) => `...f${(n + 1) % length}`, type).replaceAll(/\bf(\d)/g, `${name}$1`),
    )
    .join(' ');

const DOCUMENTS: readonly (readonly [string, string])[] = [
  ['lists that do not end', `{ users(first: ${'['.repeat(1990)}`],
  ['lists', `{ users(first: ${listOf(990)}) { totalCount } }`],
  ['objects', `{ users(first: ${'{a:'.repeat(490)}1${'}'.repeat(490)}) { totalCount } }`],
  ['objects that do not end', `mutation { login(input: ${'{a:'.repeat(660)}`],
  ['list types', `query ($a: ${listOf(980, 'Int')}) { users(first: $a) { totalCount } }`],
  ['list types that do not end', `query ($a: ${'['.repeat(1990)}`],
  ['fields', `${'{a'.repeat(600)}${'}'.repeat(600)}`],
  ['fields that do not end', '{a'.repeat(990)],
  ['inline fragments', `{ ${'... {'.repeat(650)} __typename ${'}'.repeat(650)} }`],
  ['inline fragments that do not end', `{ ${'...{'.repeat(990)}`],
  ['directives', `{ __typename @include(if: ${listOf(900)}) }`],
  ['default values', `query ($a: Int = ${listOf(900)}) { users(first: $a) { totalCount } }`],
];

const CIRCLES: readonly (readonly [string, string])[] = [
  ['one fragment', `{ ...f0 } ${fragments(1, () => '...f0')}`],
  ['two fragments', `{ ...f0 } ${fragments(2, (n) => `...f${1 - n}`)}`],
  ['two circles', `{ ...f0 ...g0 } ${circles(123)}`],
  ['two circles below a field', `{ me { ...f0 ...g0 } } ${circles(120, 'User')}`],
  ['one circle of many', `{ ...f0 ...f1 } ${fragments(240, (n) => `...f${(n + 1) % 240}`)}`],
  [
    'fragments that all spread all',
    `{ ...f0 } ${fragments(24, () => Array.from({ length: 24 }, (_, n) => `...f${n}`).join(' '))}`,
  ],
  ['circles of fields', `{ me { ...f0 } } ${circles(60, 'User').replaceAll('{ ...', '{ id ...')}`],
];

describe('what is nested deeply', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const send = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
    exchange(app.url, {
      method: 'POST',
      path,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        cookie: `access_token=${token}`,
        ...headers,
      },
      body,
    });
  const ask = (query: string) => send('/graphql', JSON.stringify({ query }), { accept: NEW_TYPE });
  const expectNoFault = (status: number, what: string) => {
    expect(status, what).toBeLessThan(500);
    expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
  };

  it.each(DOCUMENTS)('in a document is refused: %s', async (_what, query) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errors: [
        {
          message: expect.stringContaining(`at most ${LIMITS.nesting} brackets`) as string,
          extensions: { code: 'BAD_USER_INPUT', limit: 'nesting' },
        },
      ],
    });
  });

  it('in a document is taken as far as any client nests', async () => {
    const depth = LIMITS.nesting - 1;
    const { text } = await ask(`{ ${'... {'.repeat(depth)} __typename ${'}'.repeat(depth)} }`);
    expect(text).toBe('{"data":{"__typename":"Query"}}');
  });

  it.each(CIRCLES)('in a circle is refused as what it is: %s', async (_what, query) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    const { errors } = body as { errors: { message: string; extensions: { code: string } }[] };
    expect(errors.length).toBeLessThan(6);
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(/^Cannot spread fragment "[fg]0" within itself/) as string,
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
    const refusal = await refusalOfSubscription(app, token, { query: `subscription ${query}` });
    expect(refusal?.message).toMatch(/within itself/);
    expectNoFault(status, query);
  });

  it('in a long chain of fragments is answered', async () => {
    const chain = fragments(240, (n) => (n === 239 ? '__typename' : `...f${n + 1}`));
    expect((await ask(`{ ...f0 } ${chain}`)).text).toBe('{"data":{"__typename":"Query"}}');
  });

  it('in any graph of fragments is no fault of ours', { timeout: 300_000 }, async () => {
    const graph = fc
      .record({ count: fc.integer({ min: 2, max: 160 }), seeds: fc.infiniteStream(fc.nat()) })
      .map(({ count, seeds }) => {
        const pick = (of: number) => (seeds.next().value as number) % of;
        const next = (n: number) =>
          [`...f${(n + 1 + pick(2)) % count}`, `...f${pick(count)}`, 'id', 'a: id'][pick(4)] ?? '';
        const selection = (n: number) => `${next(n)} ${next(n)}`;
        return `{ me { ...f0 ...f1 } } ${fragments(count, selection, 'User')}`;
      });
    await fc.assert(
      fc.asyncProperty(graph, async (query) => {
        const { status } = await ask(query);
        expectNoFault(status, query);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['lists', listOf(DEEP)],
    ['objects', objectOf(DEEP / 4)],
    ['lists that do not end', '['.repeat(DEEP)],
  ])('in a GraphQL request is no fault of ours: %s', { timeout: 300_000 }, async (_what, deep) => {
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
    const query = JSON.stringify(login);
    for (const body of [
      deep,
      `{"query":${deep}}`,
      `{"query":${query},"variables":${deep}}`,
      `{"query":${query},"variables":{"input":${deep}}}`,
      `{"query":${query},"variables":{"input":{"username":${deep},"password":"x"}}}`,
      `{"query":${query},"operationName":${deep}}`,
      `{"query":"{ __typename }","extensions":{"persistedQuery":{"sha256Hash":${deep}}}}`,
      `{"query":"{ __typename }","documentId":${deep}}`,
    ]) {
      expectNoFault((await send('/graphql', body)).status, body.slice(0, 100));
    }
  });

  const rows = DIALECTS.flatMap(({ name, rows }) =>
    rows.filter(({ method }) => method !== 'GET').map((row) => [name, row] as const),
  );
  it('in a field of any REST route is no fault of ours', { timeout: 300_000 }, async () => {
    // Some of the routes end the session of who asks.
    const { accessToken } = await registerUser(app, 'ada');
    for (const [dialect, { method, path, input }] of rows) {
      const names = input.fields.filter(({ place }) => place === 'json').map(({ name }) => name);
      const deep = listOf(20_000);
      const bodies = [deep, `[${deep}]`, ...names.map((name) => `{"${name}":${deep}}`)];
      for (const body of bodies) {
        const answer = await exchange(app.url, {
          method,
          path: `/compat/${dialect}${path.replaceAll(/:\w+/g, 'x')}`,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
          body,
        });
        expectNoFault(answer.status, `${dialect} ${path} ${body.slice(0, 50)}`);
      }
    }
  });

  it.each([listOf(30_000), objectOf(10_000), '['.repeat(60_000)])(
    'in a message over a WebSocket is no fault of ours (%#)',
    async (deep) => {
      for (const message of [
        deep,
        `{"type":${deep.slice(0, 30_000)}`,
        `{"type":"connection_init","payload":${deep}}`,
        `{"type":"connection_init","payload":{"authorization":${deep}}}`,
      ]) {
        const socket = new WebSocket(
          `${app.url.replace('http', 'ws')}/graphql`,
          'graphql-transport-ws',
        );
        await once(socket, 'open');
        socket.send(message);
        await once(socket, 'close');
        expectNoFault(0, message.slice(0, 50));
      }
      const payload = { query: 'subscription { sessionRevoked { current } }' };
      const variables = { a: JSON.parse(listOf(2000)) as unknown };
      expect(await refusalOfSubscription(app, token, { ...payload, variables })).toBeUndefined();
      expectNoFault(0, 'variables');
    },
  );

  it('in a line of an import is refused as what it is', () => {
    const deep = JSON.parse(listOf(DEEP)) as unknown;
    expect(readLine(deep)).toMatchObject({ rule: 'is not an object' });
    for (const field of ['username', 'email', 'name', 'passwordHash', 'disabled']) {
      expect(readLine({ [field]: deep })).toMatchObject({ field });
    }
  });
});
