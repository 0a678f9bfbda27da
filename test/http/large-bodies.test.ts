import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { exchange, head, openConnection } from './wire.ts';

const MIB = 1024 * 1024;
const CHUNK = 64 * 1024;
const REST = '/api/auth/login';
const JSON_TYPE = { 'content-type': 'application/json' };

const doors = [
  [
    '/graphql',
    {
      errors: [
        { message: 'The request body is too large.', extensions: { code: 'BODY_TOO_LARGE' } },
      ],
    },
  ],
  [REST, { error: 'The request body is too large.' }],
] as const;

/** JSON of exactly so many bytes. */
const padded = (size: number) => `{"query":"{__typename}"${' '.repeat(size - 24)}}`;

describe('a body over 1 MiB', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(async () => {
    expect((await app.rest('GET', '/healthz')).status).toBe(200);
    expect(app.logged).toEqual([]);
    await app.close();
  });

  it('is one byte over', async () => {
    const request = { method: 'POST', path: '/graphql', headers: JSON_TYPE };
    const most = await exchange(app.url, { ...request, body: padded(MIB) });
    expect(most).toMatchObject({ status: 200, text: '{"data":{"__typename":"Query"}}' });
    const more = await exchange(app.url, { ...request, body: padded(MIB + 1) });
    expect(more.status).toBe(413);
  });

  it.each(doors)('is refused at %s by its length', async (path, body) => {
    const answer = await exchange(app.url, {
      method: 'POST',
      path,
      headers: { ...JSON_TYPE, 'content-length': 2 * MIB },
      body: Buffer.alloc(2 * MIB, 'x'),
    });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(answer.body).toEqual(body);
  });

  it.each(doors)('is refused at %s without a length', async (path, body) => {
    const answer = await exchange(app.url, {
      method: 'POST',
      path,
      headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      body: Buffer.alloc(2 * MIB, 'x'),
    });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(answer.body).toEqual(body);
  });

  it.each(doors)('is answered at %s though its sender is slow to finish', async (path) => {
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, 'content-length': String(2 * MIB) }));
    for (let sent = 0; sent < 2 * MIB; sent += CHUNK) {
      connection.write('x'.repeat(CHUNK));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await connection.received).toMatch(/^HTTP\/1.1 413 [\s\S]*too large/);
  });

  it.each(doors)('is cut at %s when it has no end', async (path) => {
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }));
    const endless = setInterval(() => {
      connection.write(`${CHUNK.toString(16)}\r\n${'x'.repeat(CHUNK)}\r\n`);
    }, 10);
    const received = await connection.received;
    clearInterval(endless);
    expect(received).toMatch(/^HTTP\/1.1 413 /);
  });

  it.each(doors)('is let go at %s when its sender goes away', async (path) => {
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, 'content-length': String(2 * MIB) }));
    connection.write('x'.repeat(CHUNK));
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.abort();
    await connection.received;
  });
});

describe('an upload that is aborted half-way', () => {
  it.each(doors)('leaves nothing behind at %s', async (path) => {
    const app = await startApp();
    const connection = await openConnection(app.url);
    connection.write(head('POST', path, { ...JSON_TYPE, 'content-length': '1000' }));
    connection.write('{"query":');
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.abort();
    await connection.received;
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect((await app.rest('GET', '/healthz')).status).toBe(200);
    expect(app.logged).toEqual([]);
    await app.close();
  });
});
