import { afterEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { head, openConnection } from './wire.ts';

let app: TestApp;
afterEach(() => app.close());
const start = async (env: Record<string, string> = {}) => (app = await startApp({ env }));

/** Sends one request and answers what came until the server closed the connection. */
async function sendRaw(text: string) {
  const connection = await openConnection(app.url);
  connection.write(text);
  return connection.received;
}

describe('a connection that is kept', () => {
  it('stays longer than proxies keep theirs', async () => {
    await start();
    const connection = await openConnection(app.url);
    connection.write(head('GET', '/healthz', {}));
    await connection.until(/Keep-Alive: timeout=75\r\n/);
    connection.abort();
  });

  it('is not ended for being without a request longer than the head of one may take', async () => {
    await start();
    app.server.headersTimeout = 100;
    app.server.requestTimeout = 200;
    const connection = await openConnection(app.url);
    connection.write(head('GET', '/healthz', {}));
    await connection.until(/"ok"/);
    // Node looks for connections that stall every two seconds.
    await new Promise((resolve) => setTimeout(resolve, 4500));
    connection.write(head('GET', '/readyz', { connection: 'close' }));
    expect(await connection.received).toMatch(/200 OK[^]*200 OK[^]*"ready"/);
  });

  it('ends after KEEP_ALIVE_SECONDS', async () => {
    await start({ KEEP_ALIVE_SECONDS: '1' });
    const received = await sendRaw(head('GET', '/healthz', {}));
    expect(received).toMatch(/200 OK[^]*Keep-Alive: timeout=1\r\n/);
  });
});

describe.each(['development', 'production'])('without a Host, in %s,', (PROFILE) => {
  const HASHES = { ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };
  const env = { PROFILE, ...HASHES, SETUP_TOKEN: 'chosen-by-the-operator' };

  it('health checks are answered, over HTTP/1.0 and 1.1', async () => {
    await start(env);
    for (const path of ['/readyz', '/healthz', '/readyz?from=balancer']) {
      expect(await sendRaw(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /);
      const answer = await sendRaw(`GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      const foreign = 'Host: balancer\r\nConnection: close\r\n';
      expect(await sendRaw(`HEAD ${path} HTTP/1.1\r\n${foreign}\r\n`)).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('anything else is refused over HTTP/1.1, and nothing fails over HTTP/1.0', async () => {
    await start(env);
    for (const path of [
      '/',
      '/graphql?query={__typename}',
      '/api/users',
      '/compat',
      '/oauth/revoke',
    ]) {
      expect(await sendRaw(`GET ${path} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
      expect(await sendRaw(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 [24]\d\d /);
    }
  });
});
