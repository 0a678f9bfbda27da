import { afterEach, describe, expect, it } from 'vitest';
import { exchange, expectTidy } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';

const PRODUCTION = { PROFILE: 'production', ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };

describe('the schema and GraphiQL', () => {
  let app: TestApp;
  const start = async (env: Record<string, string>) => (app = await startApp({ env }));
  afterEach(() => app.close());

  const ask = async (query: string) =>
    (await app.rest('POST', '/graphql', { body: { query } })).body as {
      data?: unknown;
      errors?: { message: string; extensions: object }[];
    };
  const browse = () =>
    exchange(app.url, { path: '/graphql', headers: { accept: 'text/html,*/*;q=0.8' } });

  it('are open in development', async () => {
    await start({ PROFILE: 'development' });
    expect(await ask('{ __schema { queryType { name } } }')).toEqual({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
    expect((await ask('{ mee { id } }')).errors?.[0]?.message).toBe(
      'Cannot query field "mee" on type "Query". Did you mean "me"?',
    );
    expect(await browse()).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
      text: expect.stringContaining('<title>Vestibule</title>') as string,
    });
  });

  it('are closed in production, suggestions too', async () => {
    await start(PRODUCTION);
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ __type(name: "User") { name } }',
    ]) {
      const { data, errors } = await ask(query);
      expect(data).toBeUndefined();
      expect(errors?.[0]).toMatchObject({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    }
    expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    for (const misspelt of [
      '{ mee { id } }',
      '{ me { idd } }',
      '{ users(frst: 1) { totalCount } }',
    ]) {
      const answer = await ask(misspelt);
      expect(answer.errors).toHaveLength(1);
      expect(JSON.stringify(answer)).not.toContain('Did you mean');
    }
    const variables = { input: { username: 'a', pasword: 'b' } };
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
    const coerced = await app.rest('POST', '/graphql', { body: { query, variables } });
    expect(coerced.text).toContain('pasword');
    expect(coerced.text).not.toContain('Did you mean');

    const page = await browse();
    expect(page).toMatchObject({
      status: 400,
      headers: { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" },
      body: { errors: [{ message: 'Must provide query string.' }] },
    });
    expectTidy(page);
  });

  it('open one by one where they are asked for', async () => {
    await start({ ...PRODUCTION, INTROSPECTION: 'on' });
    expect((await ask('{ __schema { queryType { name } } }')).errors).toBeUndefined();
    expect((await browse()).status).toBe(400);
    await app.close();

    await start({ ...PRODUCTION, GRAPHIQL: 'on' });
    expect((await ask('{ __schema { queryType { name } } }')).data).toBeUndefined();
    expect((await browse()).status).toBe(200);
  });

  it('leave the policy of every other answer as it was', async () => {
    await start({});
    await browse();
    for (const path of ['/graphql?query={__typename}', '/healthz', '/nothing']) {
      const { headers } = await exchange(app.url, { path });
      expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
    }
  });
});
