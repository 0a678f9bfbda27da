import { afterEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { openRawWebSocket } from '../support/raw-web-socket.ts';
import { exchange, openConnection } from './wire.ts';

const TOKEN = 'a-token-for-those-who-scrape:-32b';
const PATHS = [
  '/graphql?query={__typename}',
  '/compat/dumb/api/auth/status',
  '/.well-known/jwks.json',
  '/compat',
  '/nothing',
];
/** What no page of another site can make a browser say. */
const OURS = [
  'localhost',
  'localhost:4000',
  'LOCALHOST:4000',
  'localhost.',
  'app.localhost:5173',
  '127.0.0.1:4000',
  '127.8.9.10',
  '[::1]:4000',
  '[2001:db8::1]',
  '192.168.1.20:4000',
  'vestibule.test',
  'Vestibule.Test:80',
  'my-machine.lan',
];
const FOREIGN = [
  'evil.example',
  'evil.example:4000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'vestibule.test.evil.example',
  'evil-vestibule.test',
  'notlocalhost',
  'sub.vestibule.test',
  'localhost@evil.example',
  'localhost/evil.example',
  'localhost, evil.example',
  'evil.example#localhost',
  '[::1',
  '0x7f.1',
  '2130706433',
  '127.1',
  ':4000',
];

let app: TestApp;
afterEach(() => app.close());
const start = async (env: Record<string, string>) => (app = await startApp({ env }));
const get = (host: string, path: string, headers = {}) =>
  exchange(app.url, { path, headers: { host, ...headers } });

async function expectMisdirected(host: string, paths = PATHS.slice(0, 1)) {
  for (const path of paths) {
    const { status, body, headers } = await get(host, path);
    expect([host, status, body]).toMatchObject([
      host,
      421,
      {
        code: 'HOST_NOT_ALLOWED',
        title:
          'The server does not answer to this host name. Use the address of PUBLIC_URL, or add the name to ALLOWED_HOSTS.',
      },
    ]);
    expect(headers).toHaveProperty('x-frame-options');
  }
  if (paths.length === 1) return;
  const socket = await openRawWebSocket(app.url, { headers: { host } });
  expect(await socket.answer).toMatchObject({
    status: 421,
    text: expect.stringContaining('ALLOWED_HOSTS') as string,
  });
}

async function expectAnswered(host: string, paths = PATHS.slice(0, 1)) {
  for (const path of paths) expect((await get(host, path)).status, `${host} ${path}`).not.toBe(421);
  if (paths.length === 1) return;
  const socket = await openRawWebSocket(app.url, { headers: { host } });
  expect((await socket.answer).status).toBe(101);
  socket.end();
}

describe('a host name in development', () => {
  it('is answered where it is this machine’s, an address, or set', async () => {
    await start({ HOST: 'my-machine.lan' });
    await expectAnswered('localhost:4000', PATHS);
    await expectMisdirected('evil.example', PATHS);
    for (const host of OURS) await expectAnswered(host);
    for (const host of FOREIGN) await expectMisdirected(host);
  });

  it('may be listed besides', async () => {
    await start({ ALLOWED_HOSTS: 'id.example.com, *.apps.example.com' });
    for (const host of [
      'localhost:4000',
      'ID.example.com',
      'a.apps.example.com',
      'a.b.apps.example.com',
    ]) {
      await expectAnswered(host);
    }
    for (const host of [
      'a.id.example.com',
      'apps.example.com',
      'xapps.example.com',
      'example.com',
    ]) {
      await expectMisdirected(host);
    }
  });

  it('is looked at before anything is done', async () => {
    await start({});
    const body = JSON.stringify({ query: String(SKIP_SETUP) });
    for (const [path, type] of [
      ['/graphql', 'application/json'],
      ['/compat/dumb/api/auth/skip-setup', 'application/json'],
    ] as const) {
      const headers = { host: 'evil.example', 'content-type': type, origin: 'http://evil.example' };
      const { status } = await exchange(app.url, { method: 'POST', path, headers, body });
      expect(status).toBe(421);
    }
    const preflight = {
      method: 'OPTIONS',
      path: '/graphql',
      headers: { host: 'evil.example', 'access-control-request-method': 'POST' },
    };
    expect((await exchange(app.url, preflight)).status).toBe(421);
    expect((await app.rest('GET', '/compat/dumb/api/auth/status')).body).toMatchObject({
      has_users: false,
      setup_skipped: false,
    });
  });
});

describe('a host name in production', () => {
  const PRODUCTION = { PROFILE: 'production', ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };

  it('is any, where none is listed', async () => {
    await start(PRODUCTION);
    for (const host of [...OURS, 'evil.example']) await expectAnswered(host);
  });

  it('is one that is listed or the one of PUBLIC_URL, where some are', async () => {
    await start({ ...PRODUCTION, ALLOWED_HOSTS: 'id.example.com,192.0.2.7' });
    for (const host of ['id.example.com', 'vestibule.test', '192.0.2.7:4000']) {
      await expectAnswered(host);
    }
    for (const host of ['localhost', '127.0.0.1', 'evil.example']) await expectMisdirected(host);
  });

  it('does not speak for the origin of a page where any is answered', async () => {
    await start(PRODUCTION);
    const headers = {
      host: 'evil.example',
      origin: 'http://evil.example',
      'content-type': 'application/json',
    };
    const body = '{"query":"{__typename}"}';
    const { status } = await exchange(app.url, { method: 'POST', path: '/graphql', headers, body });
    expect(status).toBe(403);
  });
});

describe('health', () => {
  it('is told under any name and under none', async () => {
    await start({ METRICS_TOKEN: TOKEN });
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const headers = path === '/metrics' ? { authorization: `Bearer ${TOKEN}` } : {};
      for (const host of ['localhost', ...FOREIGN]) {
        expect((await get(host, path, headers)).status, `${host} ${path}`).toBe(200);
      }
      const connection = await openConnection(app.url);
      const lines = Object.entries(headers).map((line) => `${line.join(': ')}\r\n`);
      connection.write(`GET ${path} HTTP/1.0\r\n${lines.join('')}\r\n`);
      expect(await connection.received).toMatch(/^HTTP\/1\.1 200/);
    }
    const nameless = await openConnection(app.url);
    nameless.write('GET /compat/dumb/api/auth/status HTTP/1.0\r\n\r\n');
    expect(await nameless.received).toMatch(/^HTTP\/1\.1 421/);
  });

  it('is no more than that: figures without a token are for this machine’s names', async () => {
    await start({});
    expect((await get('localhost', '/metrics')).status).toBe(200);
    expect((await get('evil.example', '/metrics')).status).toBe(421);
  });
});

describe('the origin of a page', () => {
  it('is our own where it is the host that it asks, under an address that browsers do not trust', async () => {
    await start({ CORS_ORIGINS: 'https://app.example.com' });
    const post = (host: string, origin: string) =>
      exchange(app.url, {
        method: 'POST',
        path: '/graphql',
        headers: { host, origin, 'content-type': 'application/json' },
        body: '{"query":"{__typename}"}',
      });
    for (const host of ['192.168.1.20:4000', '127.0.0.1', '[::1]:4000', 'localhost:5173']) {
      expect((await post(host, `http://${host}`)).status).toBe(200);
      expect((await post(host, `https://${host}`)).status).toBe(403);
      expect((await post(host, 'http://192.168.1.21:4000')).status).toBe(403);
    }
    expect((await post('localhost:4000', 'http://localhost:5173')).status).toBe(403);
    expect((await post('localhost:4000', 'https://app.example.com')).status).toBe(200);
  });
});
