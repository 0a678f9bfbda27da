import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestApp, TestOptions } from '../support/app.ts';
import { SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { SESSION_REVOKED } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';
import { openRawWebSocket, PING, PONG } from '../support/raw-web-socket.ts';
import {
  poll,
  startWatched,
  countListeners,
  subscription,
  signedIn,
  expectServed,
  refusals,
  subscribeOverSse,
} from '../support/sockets.ts';

const MAX_UNREAD = 128 * 1024;
const MAX_MESSAGE = 64 * 1024;

let app: TestApp;
afterEach(() => app.close());
const start = async (options: TestOptions = {}) => {
  const started = await startWatched(options);
  app = started.app;
  return started;
};

describe('a WebSocket that never reads', () => {
  // With as much to echo as a message may have.
  const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(60_000) } });

  it('is closed when it is sent too much, and little waits for it', async () => {
    const { mostUnread, open } = await start({ env: { SUBSCRIPTIONS_PER_CONNECTION: '5000' } });
    const { accessToken } = await setUpAdmin(app);
    const socket = await signedIn(app, accessToken);
    socket.stopReading();
    for (let sent = 0; sent < 500; sent++) socket.send(ping);
    await poll(open).toBe(0);
    expect(mostUnread()).toBeGreaterThan(MAX_MESSAGE);
    expect(mostUnread()).toBeLessThan(MAX_UNREAD + 2 * MAX_MESSAGE);
    socket.goOn();
    expect(await socket.closed).toBe('');
    await expectServed(app, accessToken);
    const limits = refusals(app).map(({ fields }) => (fields as { kind: string }).kind);
    expect(limits).toEqual(['connection.unread']);
  });

  it.each([
    ['pings of GraphQL', '/graphql', (n: number) => [1, `{"type":"ping","n":${n}}`] as const],
    ['pings of the status', '/ws/status', () => [1, 'ping'] as const],
    ['pings of the protocol', '/graphql', () => [PING, 'x'.repeat(125)] as const],
    ['pongs that were not asked for', '/graphql', () => [PONG, ''] as const],
    ['garbage', '/graphql', () => [1, '{'] as const],
    ['messages of binary', '/ws/status', () => [2, 'x'] as const],
  ])('is closed when it floods the server with %s', async (_what, path, message) => {
    const { mostUnread, open } = await start();
    await app.graphql(SKIP_SETUP, {});
    const socket = await openRawWebSocket(app.url, { path });
    socket.stopReading();
    for (let sent = 0; sent < 50_000; sent++) {
      const [opcode, text] = message(sent);
      socket.frame(opcode, Buffer.from(text));
    }
    await poll(open).toBe(0);
    expect(mostUnread()).toBeLessThan(MAX_UNREAD);
    expect(refusals(app).length).toBeLessThanOrEqual(1);
  });

  it('is closed when its subscriptions have much to tell', async () => {
    const { mostUnread, open } = await start();
    const { accessToken, user } = await setUpAdmin(app);
    const socket = await signedIn(app, accessToken);
    for (let id = 0; id < 20; id++) socket.send(subscription(`${id}`));
    const listeners = countListeners(app);
    await poll(listeners).toBe(2 * 20);
    socket.stopReading();
    const change = (sessionId: string) =>
      ({ kind: 'session', sessionId, userId: user.id }) as const;
    for (let told = 0; told < 40_000 && listeners() > 0; told++) {
      app.services.changes.publish(change(`${told} ${'x'.repeat(4000)}`));
      if (told % 100 === 0) await new Promise(setImmediate);
    }
    await poll(listeners).toBe(0);
    expect(mostUnread()).toBeLessThan(MAX_UNREAD + MAX_MESSAGE);
    socket.end();
    await poll(open).toBe(0);
  });
});

describe('an event stream', () => {
  it('is cut when its client does not read, and little waits for it', async () => {
    const { mostUnread } = await start({ env: { REQUEST_SECONDS: '1' } });
    const { accessToken, user } = await setUpAdmin(app);
    const listeners = countListeners(app);
    const { hostname, port } = new URL(app.url);
    const { method, headers, body } = subscribeOverSse(accessToken);
    const stream = connect(Number(port), hostname);
    await once(stream, 'connect');
    const lines = Object.entries({
      host: 'vestibule.test',
      ...headers,
      'content-length': `${body.length}`,
    }).map((line) => line.join(': '));
    stream.write(`${method} /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    await poll(listeners).toBe(2);
    stream.pause();
    const publish = () => {
      for (let n = 0; n < 500; n++) {
        const sessionId = `${n} ${'x'.repeat(4000)}${performance.now()}`;
        app.services.changes.publish({ kind: 'session', sessionId, userId: user.id });
      }
    };
    const timer = setInterval(publish, 20);
    await poll(listeners, 20_000).toBe(0);
    clearInterval(timer);
    await poll(() => refusals(app).map(({ fields }) => (fields as { kind: string }).kind)).toEqual([
      'connection.unread',
    ]);
    stream.destroy();
    expect(mostUnread()).toBeLessThan(MAX_UNREAD);
  }, 30_000);

  it('does not keep a large request', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const { headers } = subscribeOverSse(accessToken);
    const query = `${String(SESSION_REVOKED)}#${'x'.repeat(70_000)}`;
    const answer = await app.rest('POST', '/graphql', { headers, body: { query } });
    expect(answer.status).toBe(413);
  });
});
