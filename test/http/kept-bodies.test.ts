import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { exchange, head, openConnection } from './wire.ts';

const KIB = 1024;
const LIMIT = 128 * KIB;
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const CHUNKED = { 'transfer-encoding': 'chunked' };
const PATHS = ['/graphql', '/api/auth/login'] as const;

describe('what the server keeps of bodies', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { BODY_LIMIT_BYTES: String(LIMIT) } });
  });
  afterAll(async () => {
    expect(app.logged).toEqual([]);
    await app.close();
  });

  it.each(PATHS)('is nothing of one at %s that comes byte by byte', async (path) => {
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, ...CHUNKED }));
    connection.write('1\r\n \r\n'.repeat(50_000));
    await connection.until(/^HTTP\/1.1 413 /);
    connection.abort();
  });

  it.each(PATHS)('is all of one at %s that comes in a thousand pieces', async (path) => {
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, ...CHUNKED }));
    connection.write('1\r\n \r\n'.repeat(900));
    connection.write('2\r\n{}\r\n0\r\n\r\n');
    await connection.until(/^HTTP\/1.1 4(?:00|22) /);
    connection.abort();
  });

  it.each(PATHS)('is no JSON at %s of more values than any request has', async (path) => {
    const values = (count: number) => `{"variables":{"x":[${'{},'.repeat(count)}{}]}}`;
    const send = (body: string) =>
      exchange(app.url, { method: 'POST', path, headers: JSON_TYPE, body });
    expect((await send(values(9000))).status).not.toBe(413);
    expect((await send(values(11_000))).status).toBe(413);
  });

  it.each(['/oauth/revoke', '/compat/qdash/auth/login'])(
    'is no form at %s of more parameters than any has',
    async (path) => {
      const body = Array.from({ length: 200 }, (_, i) => `a${i}=`).join('&');
      const answer = await exchange(app.url, { method: 'POST', path, headers: FORM_TYPE, body });
      expect(answer.status).toBe(413);
    },
  );

  it('is no more than some large ones at once, beside which small ones are read', async () => {
    const large = async () => {
      const connection = await openConnection(app.url);
      connection.write(head('POST', '/graphql', { ...JSON_TYPE, 'content-length': String(LIMIT) }));
      connection.write(' '.repeat(LIMIT - 1));
      return connection;
    };
    const others = await Promise.all(Array.from({ length: 32 }, large));
    const last = await large();
    await last.until(/^HTTP\/1.1 503 /);
    const small = { method: 'POST', path: '/graphql', headers: JSON_TYPE };
    const query = '{"query":"{__typename}"}';
    expect((await exchange(app.url, { ...small, body: query })).status).toBe(200);

    for (const connection of [...others, last]) connection.abort();
    await Promise.all([...others, last].map(({ received }) => received));
    const again = await exchange(app.url, { ...small, body: query + ' '.repeat(LIMIT - 24) });
    expect(again.status).toBe(200);
  });

  it.each([
    ['long pieces', 1, 60 * KIB],
    ['single bytes', 900, 1],
  ])(
    'is 32 MiB of unfinished small ones, in %s, of which the oldest go',
    async (_, pieces, size) => {
      const unfinished = async () => {
        const connection = await openConnection(app.url);
        connection.write(head('POST', '/graphql', { ...JSON_TYPE, ...CHUNKED }));
        connection.write(`${size.toString(16)}\r\n${' '.repeat(size)}\r\n`.repeat(pieces));
        return connection;
      };
      const first = await unfinished();
      const others = await Promise.all(Array.from({ length: 640 }, unfinished));
      await first.until(/^HTTP\/1.1 503 /);
      const body = '{"query":"{__typename}"}';
      const small = { method: 'POST', path: '/graphql', headers: JSON_TYPE, body };
      expect((await exchange(app.url, small)).status).toBe(200);

      for (const connection of [first, ...others]) connection.abort();
      await Promise.all([first, ...others].map(({ received }) => received));
    },
  );
});
