import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

describe('the cookie of a REST API, sent to /graphql', () => {
  let app: TestApp;
  let cookie: string;
  beforeAll(async () => {
    app = await startApp();
    await setUpAdmin(app);
    const { headers } = await app.rest('POST', '/api/v1/login', {
      body: { name: 'admin', secret: PASSWORD },
    });
    cookie = headers.get('set-cookie')!.split(';')[0]!;
  });
  afterAll(() => app.close());

  const QUERY = '{ me { id } }';
  const RENAME = 'mutation { updateProfile(input: { name: "Mallory" }) { __typename } }';
  const anonymous = { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] };

  it('is good where it belongs', async () => {
    const { status } = await app.rest('GET', '/api/v1/users/me', { headers: { cookie } });
    expect(status).toBe(200);
  });

  it.each([QUERY, RENAME])('makes nobody of a stranger: %s', async (query) => {
    for (const accept of ['application/json', 'application/json;q=0.9']) {
      const headers = { cookie, accept };
      const { body } = await app.rest('POST', '/graphql', { body: { query }, headers });
      expect(body).toMatchObject(anonymous);
    }
  });

  it('makes nobody of a stranger over GET and SSE', async () => {
    const path = `/graphql?query=${encodeURIComponent(QUERY)}`;
    expect((await app.rest('GET', path, { headers: { cookie } })).body).toMatchObject(anonymous);
    const { text } = await app.rest('POST', '/graphql', {
      body: { query: 'subscription { sessionRevoked { current } }' },
      headers: { cookie, accept: 'text/event-stream' },
    });
    expect(text).toContain('UNAUTHENTICATED');
  });

  // What a form of another site can send without asking first.
  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])(
    'comes to nothing with a body of %s',
    async (type) => {
      const { status, body } = await app.rest('POST', '/graphql', {
        body: JSON.stringify({ query: RENAME }),
        headers: { cookie, 'content-type': type },
      });
      expect(status).toBe(415);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }] });
      const { name } = await app.services.db.prisma.user.findFirstOrThrow();
      expect(name).not.toBe('Mallory');
    },
  );
});
