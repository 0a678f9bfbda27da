import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { exchange, expectTidy, type WireRequest } from './wire.ts';

const APP = 'https://app.example.com';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const ask: WireRequest = {
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{__typename}"}',
};
/** One of every kind of answer. */
const kinds: readonly [string, WireRequest, number][] = [
  ['GraphQL', ask, 200],
  ['a GraphQL error', { ...ask, body: '{"query":"{me{id}}"}' }, 200],
  ['a refused GraphQL request', { ...ask, body: '{' }, 400],
  ['a GET query', { path: '/graphql?query={__typename}' }, 200],
  ['GraphiQL', { path: '/graphql', headers: { accept: 'text/html' } }, 200],
  [
    'a subscription',
    {
      ...ask,
      body: '{"query":"subscription{sessionRevoked{id}}"}',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    },
    200,
  ],
  ['REST', { path: '/api/auth/me' }, 401],
  ['a wrong REST method', { method: 'PATCH', path: '/api/auth/me' }, 405],
  ['an unknown path', { path: '/nothing' }, 404],
  ['a large body', { ...ask, body: 'x'.repeat(1024 * 1024 + 1) }, 413],
  [
    'a large REST body',
    { ...ask, path: '/api/auth/login', body: 'x'.repeat(1024 * 1024 + 1) },
    413,
  ],
  ['health', { path: '/healthz' }, 200],
  ['readiness', { path: '/readyz' }, 200],
  ['the keys', { path: '/.well-known/jwks.json' }, 200],
];

const from = (request: WireRequest, origin: string): WireRequest => ({
  ...request,
  headers: { ...request.headers, origin },
});
const preflight = (origin: string): WireRequest => ({
  method: 'OPTIONS',
  path: '/graphql',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
});

describe.each(['another origin', 'none'])('every answer, where %s is allowed,', (allowed) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: allowed === 'none' ? {} : { CORS_ORIGINS: APP } });
  });
  afterAll(() => app.close());

  it.each(kinds)('carries the security headers: %s', async (kind, request, status) => {
    const answer = await exchange(app.url, request);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-request-id': expect.stringMatching(UUID) as string,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-site',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; .*frame-ancestors 'none'$/,
      ) as string,
      'cache-control': kind === 'the keys' ? 'public, max-age=300' : 'no-store',
    });
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    if (kind !== 'GraphiQL') expectTidy(answer);
  });
});

describe('every answer', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { CORS_ORIGINS: `${APP},http://localhost:5173` } });
  });
  afterAll(() => app.close());

  it.each(kinds)('tells an allowed origin that it may read it: %s', async (_kind, request) => {
    const { headers } = await exchange(app.url, from(request, APP));
    expect(headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-request-id, retry-after',
      vary: 'Origin',
    });
  });

  it.each(kinds)('tells another origin nothing: %s', async (_kind, request) => {
    for (const origin of [
      'https://evil.example.com',
      'null',
      `${APP}.evil.com`,
      'http://app.example.com',
    ]) {
      const { headers } = await exchange(app.url, from(request, origin));
      expect(headers['vary']).toBe('Origin');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it.each(['12345678', 'a-b_C-1234567890', 'x'.repeat(64)])('keeps request id %s', async (id) => {
    const answer = await exchange(app.url, { path: '/healthz', headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['short', 'x'.repeat(65), 'with space', '<script>', 'a.b.c.d.e.f', '{"level":60}'])(
    'replaces request id %s',
    async (id) => {
      const answer = await exchange(app.url, { path: '/x', headers: { 'x-request-id': id } });
      expect(answer.headers['x-request-id']).toMatch(UUID);
      expect(answer.body).toMatchObject({ requestId: answer.headers['x-request-id'] });
    },
  );

  it('lets an allowed origin ask first', async () => {
    const answer = await exchange(app.url, preflight('http://localhost:5173'));
    expect(answer).toMatchObject({
      status: 204,
      text: '',
      headers: {
        'access-control-allow-origin': 'http://localhost:5173',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers':
          'authorization, content-type, setup-token, x-request-id, ' +
          'apollographql-client-name, apollographql-client-version, apollo-require-preflight',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    });
  });

  it('lets no other origin ask', async () => {
    const { headers } = await exchange(app.url, preflight('https://evil.example.com'));
    expect(headers['vary']).toBe('Origin');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('the edge by its settings', () => {
  let app: TestApp;
  const start = async (env: Record<string, string>) => (app = await startApp({ env }));

  it.each([
    ['https://id.example.com', 'max-age=31536000'],
    ['http://id.example.com', undefined],
  ])('sends HSTS only where clients come by TLS: %s', async (publicUrl, hsts) => {
    await start({ PUBLIC_URL: publicUrl });
    for (const [, request] of kinds) {
      const { headers } = await exchange(app.url, request);
      expect(headers['strict-transport-security']).toBe(hsts);
    }
    await app.close();
  });

  it('knows nothing of other origins where none is allowed', async () => {
    await start({});
    const { headers } = await exchange(app.url, from(ask, APP));
    expect(headers).not.toHaveProperty('vary');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect((await exchange(app.url, preflight(APP))).status).toBe(405);
    await app.close();
  });
});

describe.each(providers)('a session on %s', (provider) => {
  const signInWith = async (env: Record<string, string>, headers: Record<string, string>) => {
    const app = await startApp({ provider, env });
    await setUpAdmin(app);
    await app.rest('POST', '/compat/quazzar-os/api/auth/login', {
      body: { username: 'admin', password: PASSWORD },
      headers,
    });
    const sessions = await app.services.db.prisma.session.findMany({
      where: { userAgent: headers['user-agent'] ? { startsWith: 'Browser' } : 'node' },
      select: { ipAddress: true, userAgent: true },
      orderBy: { createdAt: 'desc' },
    });
    await app.close();
    return sessions[0];
  };
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 10.0.0.7', 'user-agent': 'Browser/1.0' };

  it('names the peer, whatever it says, where no proxy is trusted', async () => {
    expect(await signInWith({}, forwarded)).toEqual({
      ipAddress: '127.0.0.1',
      userAgent: 'Browser/1.0',
    });
  });

  it('names the client that trusted proxies vouch for', async () => {
    const trusted = { TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' };
    expect(await signInWith(trusted, forwarded)).toMatchObject({ ipAddress: '203.0.113.9' });
  });

  it('names the last hop that is not trusted', async () => {
    const trusted = { TRUSTED_PROXIES: '127.0.0.1' };
    expect(await signInWith(trusted, forwarded)).toMatchObject({ ipAddress: '10.0.0.7' });
  });

  it('keeps 512 characters of the user agent', async () => {
    const session = await signInWith({}, { 'user-agent': `Browser ${'x'.repeat(4000)}` });
    expect(session?.userAgent).toBe(`Browser ${'x'.repeat(504)}`);
  });
});
