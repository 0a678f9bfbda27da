import { createClient } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import { SESSION_REVOKED } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';
import { openRawWebSocket } from '../support/raw-web-socket.ts';
import { poll, subscribeOverSse } from '../support/sockets.ts';
import { head, openConnection } from './wire.ts';

const QUERY = '{"query":"{__typename}"}';
const QUERY_HEAD = head('POST', '/graphql', {
  'content-type': 'application/json',
  'content-length': String(QUERY.length),
});

let app: TestApp;
afterEach(() => app.close());
const start = async (env: Record<string, string> = {}) => (app = await startApp({ env }));

describe('a server that leaves', () => {
  it('says so at /readyz, and answers everything else as before', async () => {
    await start();
    const connection = await openConnection(app.url);
    app.leave();
    expect((await app.rest('GET', '/readyz')).status).toBe(503);
    expect((await app.rest('GET', '/healthz')).status).toBe(200);
    connection.write(QUERY_HEAD + QUERY);
    await connection.until(/connection: keep-alive[^]*"__typename":"Query"/i);
    const socket = await openRawWebSocket(app.url);
    expect((await socket.answer).status).toBe(101);
    socket.end();
    connection.abort();
  });
});

describe('a server that closes', () => {
  it('says so in an answer that was under way, in GraphQL and elsewhere', async () => {
    await start({ SHUTDOWN_DELAY_SECONDS: '1' });
    const busy = await openConnection(app.url);
    busy.write(QUERY_HEAD);
    const idle = await openConnection(app.url);
    idle.write(head('GET', '/healthz', {}));
    await idle.until(/Connection: keep-alive/i);
    await new Promise((resolve) => setTimeout(resolve, 50));

    const drained = app.drain();
    busy.write(QUERY);
    expect(await busy.received).toMatch(/connection: close[^]*"__typename":"Query"/i);
    // A proxy that has not noticed sends one more request over a connection that it has.
    idle.write(QUERY_HEAD + QUERY);
    expect(await idle.received).toMatch(/connection: close[^]*"__typename":"Query"/i);
    await drained;
  });

  it('does not wait for connections that nobody uses', async () => {
    await start({ SHUTDOWN_DELAY_SECONDS: '1', DRAIN_SECONDS: '30' });
    const idle = await openConnection(app.url);
    idle.write(head('GET', '/healthz', {}));
    await idle.until(/200 OK/);
    const begun = performance.now();
    await app.drain();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await idle.received).not.toMatch(/connection: close/i);
  });

  it('ends event streams between two events, without completing them, and says when to come back', async () => {
    await start({ DRAIN_SECONDS: '30' });
    const { accessToken } = await setUpAdmin(app);
    const stream = await fetch(`${app.url}/graphql`, subscribeOverSse(accessToken));
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    const text = stream.text();
    const begun = performance.now();
    await app.drain();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await text).toMatch(/^(?::\n\n)+retry: \d{3,4}\n\n$/);
  });

  it('closes WebSockets as a restart, after which clients connect again', async () => {
    await start({ DRAIN_SECONDS: '30' });
    const { accessToken } = await setUpAdmin(app);
    const path = `/ws/status?token=${accessToken}`;
    const status = await openRawWebSocket(app.url, { path });
    await status.answer;
    const codes: number[] = [];
    let attempts = 0;
    const client = createClient({
      url: () => {
        attempts += 1;
        return `${app.url.replace('http', 'ws')}/graphql`;
      },
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${accessToken}` },
      retryAttempts: 3,
      retryWait: async () => undefined,
      on: { closed: (event) => codes.push((event as { code: number }).code) },
    });
    let isAcknowledged = false;
    client.on('connected', () => (isAcknowledged = true));
    client.subscribe(
      { query: String(SESSION_REVOKED) },
      { next: () => undefined, complete: () => undefined, error: () => undefined },
    );
    await poll(() => isAcknowledged).toBe(true);
    await app.drain();
    expect(await status.closed).toBe('1012 Service restart');
    await poll(() => codes[0]).toBe(1012);
    await poll(() => attempts).toBeGreaterThan(1);
    await client.dispose();
  });
});
