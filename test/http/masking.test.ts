import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { exchange, expectTidy, type WireRequest } from './wire.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const INTERNAL = 'Something went wrong here.';

const graphql = (query: string, headers: Record<string, string> = {}): WireRequest => ({
  method: 'POST',
  path: '/graphql',
  headers: { ...JSON_TYPE, 'x-request-id': 'the-request-id', ...headers },
  body: JSON.stringify({ query }),
});
const rest = (method: string, path: string, body: object | undefined, token?: string) => ({
  method,
  path: `/compat/quazzar-os/api/auth${path}`,
  headers: {
    ...JSON_TYPE,
    'x-request-id': 'the-request-id',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  },
  ...(body && { body: JSON.stringify(body) }),
});
const credentials = (name = 'admin') => `{ username: "${name}", password: "${PASSWORD}" }`;

describe.each(providers)('an unexpected error on %s', (provider) => {
  /** The app as it is after somebody broke its database, with one session and its secrets. */
  const startBroken = async (table: string) => {
    const app = await startApp({ provider });
    await setUpAdmin(app);
    await registerUser(app, 'ada');
    const { accessToken, refreshToken } = await signIn(app, 'admin');
    await app.services.db.prisma.$executeRawUnsafe(
      `DROP TABLE "${table}"${provider === 'sqlite' ? '' : ' CASCADE'}`,
    );
    return { app, secrets: [accessToken, refreshToken, PASSWORD, 'argon2id'] };
  };
  const expectLogged = (app: TestApp, secrets: readonly string[], fields: object = {}) => {
    expect(app.logged).toEqual([
      {
        level: 'error',
        message: 'unexpected error',
        fields: { err: expect.any(Error) as Error, requestId: 'the-request-id', ...fields },
      },
    ]);
    const text = inspect(app.logged, { depth: 20, showHidden: true, maxStringLength: null });
    for (const secret of secrets) expect(text).not.toContain(secret);
  };

  it.each([{}, { accept: 'application/json;q=0.9' }])(
    'in a mutation is masked, and logged once with the request id (%o)',
    async (headers) => {
      const { app, secrets } = await startBroken('Session');
      const mutation = `mutation { login(input: ${credentials()}) { __typename } }`;
      const answer = await exchange(app.url, graphql(mutation, headers));
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        data: null,
        errors: [
          {
            message: INTERNAL,
            locations: [{ line: 1, column: 12 }],
            path: ['login'],
            extensions: { code: 'INTERNAL_SERVER_ERROR' },
          },
        ],
      });
      expectTidy(answer);
      expectLogged(app, secrets, { path: 'login' });
      await app.close();
    },
  );

  it('in a REST operation is masked in the words of its dialect', async () => {
    const { app, secrets } = await startBroken('Session');
    const login = { username: 'admin', password: PASSWORD };
    const answer = await exchange(app.url, rest('POST', '/login', login));
    expect(answer).toMatchObject({ status: 500, body: { error: INTERNAL } });
    expectTidy(answer);
    expectLogged(app, secrets);
    await app.close();
  });

  it('before an operation, where the session is looked up, is masked at both doors', async () => {
    const { app, secrets } = await startBroken('Session');
    const [token = ''] = secrets;
    const asked = graphql('{ me { id } }', { authorization: `Bearer ${token}` });

    const answer = await exchange(app.url, asked);
    expect(answer).toMatchObject({
      status: 500,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(answer.body).toEqual({
      errors: [{ message: INTERNAL, extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
    expectTidy(answer);
    expectLogged(app, secrets);

    app.logged.length = 0;
    const other = await exchange(app.url, rest('GET', '/me', undefined, token));
    expect(other).toMatchObject({ status: 500, body: { error: INTERNAL } });
    expectTidy(other);
    expectLogged(app, secrets);
    await app.close();
  });
});
