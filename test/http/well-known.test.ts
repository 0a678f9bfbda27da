import { createPublicKey } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { postgresUrl, providers } from '../support/database.ts';
import { exchange, expectTidy, head, openConnection } from './wire.ts';

const paths = ['/healthz', '/readyz', '/.well-known/jwks.json'];

describe.each(providers)('on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
  });
  afterEach(() => app.close());

  it('says that it is alive and ready', async () => {
    expect((await app.rest('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await app.rest('GET', '/readyz?verbose')).body).toEqual({ status: 'ready' });
  });

  it('publishes public keys and nothing else, for five minutes', async () => {
    const answer = await app.rest('GET', '/.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { keys } = answer.body as { keys: Record<string, string>[] };
    const parts = ['alg', 'crv', 'kid', 'kty', 'use', 'x'];
    // The one that signs, and the one that is to follow it.
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([parts, parts]);
    expect(createPublicKey({ key: keys[0]!, format: 'jwk' }).asymmetricKeyType).toBe('ed25519');
  });

  it.each(paths)('answers HEAD %s with the headers of GET', async (path) => {
    const get = await exchange(app.url, { path });
    const asked = await exchange(app.url, { method: 'HEAD', path });
    expect(asked).toMatchObject({ status: 200, text: '' });
    expect(asked.headers['content-type']).toBe(get.headers['content-type']);
    expect(asked.headers['content-length']).toBe(get.headers['content-length']);
    expect(asked.headers['cache-control']).toBe(get.headers['cache-control']);
  });

  it.each(paths)('refuses to change %s', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await exchange(app.url, { method, path })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD', 'cache-control': 'no-store' },
        body: { code: 'METHOD_NOT_ALLOWED' },
      });
    }
  });
});

describe.skipIf(postgresUrl === undefined)('without its database', () => {
  it('is alive but not ready, and says no more', async () => {
    const app = await startApp({ provider: 'postgresql' });
    const server = new pg.Client(postgresUrl);
    await server.connect();
    await server.query(
      `DROP DATABASE "${new URL(app.databaseUrl).pathname.slice(1)}" WITH (FORCE)`,
    );
    await server.end();

    const answer = await exchange(app.url, { path: '/readyz' });
    expect(answer).toMatchObject({ status: 503, text: '{"status":"not ready"}' });
    expectTidy(answer);
    expect((await app.rest('GET', '/healthz')).status).toBe(200);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the database does not answer' }),
    );
    await app.close();
  });
});

describe('while it drains', () => {
  it('finishes what is under way, is not ready, and closes the connection', async () => {
    const app = await startApp();
    const connection = await openConnection(app.url);
    const body = '{"query":"{__typename}"}';
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
    connection.write(head('POST', '/graphql', headers));
    const check = await openConnection(app.url);
    const [begun, rest] = head('GET', '/readyz', {}).split(/(?<=1\.1)/) as [string, string];
    check.write(begun);
    await new Promise((resolve) => setTimeout(resolve, 50));

    const drained = app.drain();
    // What has reached the machine is accepted; nothing is from then on.
    const isRefused = () =>
      fetch(`${app.url}/healthz`).then(
        () => false,
        () => true,
      );
    await expect.poll(isRefused).toBe(true);
    connection.write(body);
    check.write(rest);
    expect(await connection.received).toMatch(
      /^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\{"data":\{"__typename":"Query"\}\}/,
    );
    expect(await check.received).toMatch(
      /^HTTP\/1.1 503 [\s\S]*connection: close[\s\S]*\{"status":"not ready"\}/,
    );
    await drained;
    await app.close();
  });

  it('does not wait for a connection that stays open after its answer', async () => {
    const app = await startApp();
    const connection = await openConnection(app.url);
    connection.write(
      head('POST', '/graphql', { 'content-type': 'application/json', 'content-length': '24' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    const drained = app.drain();
    connection.write('{"query":"{__typename}"}');
    await drained;
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(await connection.received).toContain('HTTP/1.1 200 OK');
    await app.close();
  });

  it('cuts what takes longer than DRAIN_SECONDS', async () => {
    const app = await startApp({ env: { DRAIN_SECONDS: '1' } });
    const connection = await openConnection(app.url);
    connection.write(
      head('POST', '/graphql', { 'content-type': 'application/json', 'content-length': '24' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    await app.drain();
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(await connection.received).toBe('');
    await app.close();
  });
});
