import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/doors/graphql/limits.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { refusalOfSubscription } from '../support/subscribe.ts';

const times = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');

/** Fields below one another: `tenant` and `projects` lead from one to the next. */
const nested = (levels: number): string => {
  const step = (left: number): string => {
    if (left === 1) return 'id';
    if (left === 2) return 'tenant { id }';
    return `tenant { projects(first: 1) { nodes { ${step(left - 3)} } } }`;
  };
  return `{ projects(first: 1) { nodes { ${step(levels - 2)} } } }`;
};

/** A query for so many fields of a list: a page, its edges and nodes, and what is asked of each. */
const listed = (size: string) =>
  `${size === '$n' ? 'query ($n: Int) ' : ''}{ users(first: 100) { nodes { tenants { projects(first: ${size}) { nodes { id name } } } } } }`;

describe('a document that asks for much', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const ask = async (query: string, variables = {}) => {
    const { status, body } = await app.rest('POST', '/graphql', {
      body: { query, variables },
      token,
      headers: { accept: 'application/graphql-response+json' },
    });
    const { errors = [] } = body as { errors?: readonly { message: string }[] };
    return { status, messages: errors.map(({ message }) => message) };
  };
  const refusal = (limit: keyof typeof LIMITS) =>
    new RegExp(`at most ${LIMITS[limit]} |more that ${LIMITS[limit]} tokens`);

  it.each<[keyof typeof LIMITS, string, string]>([
    [
      'tokens',
      `{ me { ${'...on User{id} '.repeat(332)} id id id } }`,
      `{ me { ${'...on User{id} '.repeat(332)} id id id id } }`,
    ],
    ['depth', nested(LIMITS.depth), nested(LIMITS.depth + 1)],
    [
      'rootFields',
      `{ ${times(LIMITS.rootFields - 1, (n) => `a${n}: __typename`)} ...f } fragment f on Query { b: __typename }`,
      `{ ${times(LIMITS.rootFields - 1, (n) => `a${n}: __typename`)} ...f } fragment f on Query { b: __typename c: __typename }`,
    ],
    [
      'aliases',
      `{ me { ${times(LIMITS.aliases, (n) => `a${n}: id`)} } }`,
      `{ me { ${times(LIMITS.aliases - 1, (n) => `a${n}: id`)} ...f } } fragment f on User { b: id c: id }`,
    ],
    [
      'directives',
      `{ me { ${times(LIMITS.directives, () => 'id @include(if: true)')} } }`,
      `{ me { ${times(LIMITS.directives + 1, () => 'id @include(if: true)')} } }`,
    ],
    ['fields', listed('16'), listed('17')],
  ])('may have so many %s and no more', async (limit, within, beyond) => {
    expect(await ask(within)).toEqual({ status: 200, messages: [] });
    const { status, messages } = await ask(beyond);
    expect(status).toBe(400);
    expect(messages).toEqual([expect.stringMatching(refusal(limit))]);
  });

  it.each<[keyof typeof LIMITS, string, string]>([
    [
      'tokens',
      `${'...on SessionRevoked{current} '.repeat(332)} current`,
      `${'...on SessionRevoked{current} '.repeat(332)} current current`,
    ],
    [
      'aliases',
      times(LIMITS.aliases, (n) => `a${n}: current`),
      times(LIMITS.aliases + 1, (n) => `a${n}: current`),
    ],
    [
      'directives',
      times(LIMITS.directives, () => 'current @include(if: true)'),
      times(LIMITS.directives + 1, () => 'current @include(if: true)'),
    ],
  ])('may have so many %s and no more over a WebSocket and SSE', async (limit, within, beyond) => {
    const watch = (selected: string) => `subscription S { sessionRevoked { ${selected} } }`;
    expect(await refusalOfSubscription(app, token, { query: watch(within) })).toBeUndefined();
    const refused = await refusalOfSubscription(app, token, { query: watch(beyond) });
    expect(refused?.message).toMatch(refusal(limit));
    const { text } = await app.rest('POST', '/graphql', {
      body: { query: watch(beyond) },
      token,
      headers: { accept: 'text/event-stream' },
    });
    expect(text).toMatch(refusal(limit));
  });

  it('is judged by the variables that come with it', async () => {
    expect(await ask(listed('$n'), { n: 16 })).toEqual({ status: 200, messages: [] });
    for (const variables of [{ n: 100 }, { n: 17 }, {}]) {
      const { messages } = await ask(listed('$n'), variables);
      expect(messages).toEqual([expect.stringMatching(refusal('fields'))]);
    }
  });

  it('is counted the same where fragments hide that a list is one', async () => {
    const hidden = `{ users { ... { nodes { tenants { projects { ...p } } } } } }
      fragment p on TenantProjectsConnection { nodes { members { ... { nodes { role } } } } }`;
    const { messages } = await ask(hidden);
    expect(messages).toContainEqual(expect.stringMatching(refusal('fields')));
  });

  it('is counted at once where fragments multiply', async () => {
    const doubling = times(
      40,
      (n) => `fragment f${n} on User { ${n === 39 ? 'id' : `...f${n + 1} ...f${n + 1}`} }`,
    );
    const { messages } = await ask(`{ users { nodes { ...f0 } } } ${doubling}`);
    expect(messages).toContainEqual(expect.stringMatching(refusal('fields')));
  });

  it('is counted inside introspection too', async () => {
    const types = times(LIMITS.aliases + 1, (n) => `a${n}: types { name }`);
    const { messages } = await ask(`{ __schema { ${types} } }`);
    expect(messages).toEqual([expect.stringMatching(refusal('aliases'))]);
  });

  it('may be the introspection of every tool', async () => {
    const query = getIntrospectionQuery({
      inputValueDeprecation: true,
      specifiedByUrl: true,
      schemaDescription: true,
      directiveIsRepeatable: true,
      oneOf: true,
    });
    expect(await ask(query)).toEqual({ status: 200, messages: [] });
  });
});
