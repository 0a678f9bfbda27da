import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp, type TestOptions } from '../support/app.ts';
import { SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { SESSION_REVOKED } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';
import { messagesIn, openRawWebSocket, PING, PONG } from '../support/raw-web-socket.ts';
import { exchange, head, openConnection } from './wire.ts';

const MAX_UNREAD = 128 * 1024;
const MAX_MESSAGE = 64 * 1024;
const poll = <T>(read: () => T, timeout = 10_000) => expect.poll(read, { timeout, interval: 10 });

let app: TestApp;
afterEach(() => app.close());

/** The app, the most that waited for a client to read it, and how many WebSockets are open. */
async function start(options: TestOptions = {}) {
  app = await startApp(options);
  const upgraded: Duplex[] = [];
  app.server.on('upgrade', (_req, stream: Duplex) => upgraded.push(stream));
  let most = 0;
  app.server.on('connection', (socket: Socket) => {
    const look = () => (most = Math.max(most, socket.writableLength));
    for (const method of ['write', 'end', 'uncork'] as const) {
      const write = socket[method].bind(socket) as (...given: unknown[]) => unknown;
      const watched = (...given: unknown[]) => {
        const answer = write(...given);
        look();
        return answer;
      };
      Object.assign(socket, { [method]: watched });
    }
  });
  return { mostUnread: () => most, open: () => upgraded.filter(({ closed }) => !closed).length };
}

/** How many listen for changes at this moment: each subscription does. */
function countListeners() {
  let count = 0;
  const { changes } = app.services;
  const { subscribe } = changes;
  Object.assign(changes, {
    subscribe: (listener: Parameters<typeof subscribe>[0]) => {
      count += 1;
      const stop = subscribe(listener);
      let isOver = false;
      return () => {
        if (!isOver) count -= 1;
        isOver = true;
        stop();
      };
    },
  });
  return () => count;
}

const init = (token: string, payload = {}) =>
  JSON.stringify({
    type: 'connection_init',
    payload: { authorization: `Bearer ${token}`, ...payload },
  });
const subscription = (id: string, query = String(SESSION_REVOKED)) =>
  JSON.stringify({ id, type: 'subscribe', payload: { query } });

async function signedIn(token: string, headers = {}) {
  const socket = await openRawWebSocket(app.url, { headers });
  socket.send(init(token));
  await poll(() => messagesIn(socket.received())).toEqual(['{"type":"connection_ack"}']);
  return socket;
}

/** A WebSocket that is well and stays so, whatever another one does. */
async function expectServed(token: string) {
  const socket = await signedIn(token, { 'x-forwarded-for': '198.51.100.99' });
  socket.send('{"type":"ping"}');
  await poll(() => messagesIn(socket.received())).toContain('{"type":"pong"}');
  socket.end();
}

const refusals = () => app.logged.filter(({ fields }) => 'connection' in fields);

describe('a WebSocket that never reads', () => {
  // With as much to echo as a message may have.
  const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(60_000) } });

  it('is closed when it is sent too much, and little waits for it', async () => {
    const { mostUnread, open } = await start({ env: { SUBSCRIPTIONS_PER_CONNECTION: '5000' } });
    const { accessToken } = await setUpAdmin(app);
    const socket = await signedIn(accessToken);
    socket.stopReading();
    for (let sent = 0; sent < 500; sent++) socket.send(ping);
    await poll(open).toBe(0);
    expect(mostUnread()).toBeGreaterThan(MAX_MESSAGE);
    expect(mostUnread()).toBeLessThan(MAX_UNREAD + 2 * MAX_MESSAGE);
    socket.goOn();
    expect(await socket.closed).toBe('');
    await expectServed(accessToken);
    const limits = refusals().map(({ fields }) => (fields as { kind: string }).kind);
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
    expect(refusals().length).toBeLessThanOrEqual(1);
  });

  it('is closed when its subscriptions have much to tell', async () => {
    const { mostUnread, open } = await start();
    const { accessToken, user } = await setUpAdmin(app);
    const socket = await signedIn(accessToken);
    for (let id = 0; id < 20; id++) socket.send(subscription(`${id}`));
    const listeners = countListeners();
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

describe('subscriptions', () => {
  it('of one WebSocket are refused beyond the limit, and 50,000 close it', async () => {
    await start({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const { accessToken } = await setUpAdmin(app);
    const listeners = countListeners();
    const socket = await signedIn(accessToken);
    for (let id = 0; id < 150; id++) socket.send(subscription(`${id}`));
    const refused = () =>
      messagesIn(socket.received()).filter((text) => text.includes('TOO_MANY_SUBSCRIPTIONS'));
    await poll(() => refused().length).toBe(50);
    // Of each subscription one watches the session, and one the other sessions; and one of the socket.
    await poll(listeners).toBe(2 * 100 + 1);
    for (let id = 150; id < 50_000; id++) socket.send(subscription(`${id}`));
    expect(await socket.closed).toBe('1008 Too many messages');
    await poll(listeners).toBe(0);
    await expectServed(accessToken);
  });

  it('give their place back when they are completed', async () => {
    await start({ env: { SUBSCRIPTIONS_PER_CONNECTION: '2' } });
    const { accessToken } = await setUpAdmin(app);
    const socket = await signedIn(accessToken);
    const refused = () =>
      messagesIn(socket.received())
        .map((text) => JSON.parse(text) as { type: string; id?: string; payload?: unknown })
        .filter(({ type }) => type === 'error');
    for (const id of ['a', 'b', 'c']) socket.send(subscription(id));
    await poll(refused).toMatchObject([
      {
        id: 'c',
        payload: [
          {
            message: 'This connection has too many subscriptions open. Complete one first.',
            extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
          },
        ],
      },
    ]);
    socket.send('{"id":"a","type":"complete"}');
    // What is not valid holds no place either.
    for (const query of ['{', '{ me { id } }', 'subscription { nothing }']) {
      socket.send(subscription(query, query));
    }
    await poll(() => refused().length).toBe(4);
    socket.send(subscription('d'));
    socket.send(subscription('e'));
    await poll(() => refused().at(-1)?.id).toBe('e');
    expect(refused()).toHaveLength(5);
    socket.end();
  });

  it('may not hold much text together', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const socket = await signedIn(accessToken);
    const long = (id: string) =>
      subscription(id, `${String(SESSION_REVOKED)}#${'x'.repeat(50_000)}`);
    for (const id of ['a', 'b', 'c']) socket.send(long(id));
    socket.send(subscription('x'.repeat(200)));
    const refused = () =>
      messagesIn(socket.received()).filter((text) => text.includes('TOO_MANY_SUBSCRIPTIONS'));
    await poll(() => refused().length).toBe(2);
    socket.send(subscription('d'));
    socket.send('{"type":"ping"}');
    await poll(() => messagesIn(socket.received()).at(-1)).toBe('{"type":"pong"}');
    expect(refused()).toHaveLength(2);
    socket.end();
  });

  it('leave nothing behind, however often they are begun and ended', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const listeners = countListeners();
    const socket = await signedIn(accessToken);
    for (let round = 0; round < 30; round++) {
      socket.send(subscription('same'));
      socket.send('{"id":"same","type":"complete"}');
      socket.send(subscription('same'));
    }
    socket.end();
    await poll(listeners).toBe(0);

    for (let round = 0; round < 20; round++) {
      const stream = new AbortController();
      const answer = await fetch(`${app.url}/graphql`, {
        ...subscribeOverSse(accessToken),
        signal: stream.signal,
      });
      await answer.body!.getReader().read();
      await poll(listeners).toBe(2);
      stream.abort();
      await poll(listeners).toBe(0);
    }
  });
});

const subscribeOverSse = (token: string, headers = {}) => ({
  method: 'POST',
  headers: {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    ...headers,
  },
  body: JSON.stringify({ query: String(SESSION_REVOKED) }),
});

describe('an event stream', () => {
  it('is cut when its client does not read, and little waits for it', async () => {
    const { mostUnread } = await start({ env: { REQUEST_SECONDS: '1' } });
    const { accessToken, user } = await setUpAdmin(app);
    const listeners = countListeners();
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
    await poll(() => refusals().map(({ fields }) => (fields as { kind: string }).kind)).toEqual([
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

describe.each(['/graphql', '/ws/status'])('connections to %s', (path) => {
  const from = (address: string) => ({ path, headers: { 'x-forwarded-for': address } });
  const statusFrom = async (address: string) => {
    const socket = await openRawWebSocket(app.url, from(address));
    return { socket, status: (await socket.answer).status };
  };

  it('are counted by address, a /64 of IPv6 as one, together with event streams', async () => {
    await start({ env: { TRUSTED_PROXIES: '127.0.0.1', SOCKETS_PER_ADDRESS: '2' } });
    const { accessToken } = await setUpAdmin(app);
    for (const [one, two, three, other] of [
      ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2001:db8::1', '2001:db8::2', '2001:db8::ffff:3', '2001:db8:0:1::1'],
    ] as const) {
      const first = await statusFrom(one);
      const stream = new AbortController();
      const { status } = await fetch(`${app.url}/graphql`, {
        ...subscribeOverSse(accessToken, { 'x-forwarded-for': two }),
        signal: stream.signal,
      });
      expect([first.status, status]).toEqual([101, 200]);
      const refused = await openRawWebSocket(app.url, from(three));
      const { status: code, text } = await refused.answer;
      expect([code, JSON.parse(text)]).toMatchObject([429, { code: 'TOO_MANY_CONNECTIONS' }]);
      const overSse = await fetch(
        `${app.url}/graphql`,
        subscribeOverSse(accessToken, { 'x-forwarded-for': three }),
      );
      expect(overSse.status).toBe(429);
      expect(await overSse.json()).toMatchObject({
        errors: [{ extensions: { code: 'TOO_MANY_CONNECTIONS' } }],
      });
      const elsewhere = await statusFrom(other);
      expect(elsewhere.status).toBe(101);
      first.socket.end();
      stream.abort();
      await expect.poll(async () => (await statusFrom(three)).status).toBe(101);
      elsewhere.socket.end();
    }
    // However many are refused, the log says so once a minute.
    expect(refusals()).toHaveLength(1);
    const { text } = await exchange(app.url, { path: '/metrics' });
    expect(text).toMatch(
      /vestibule_connections_refused_total\{kind="websocket",limit="address"\} \d/,
    );
    expect(text).toMatch(/vestibule_open_connections\{kind="websocket"\} \d/);
  });

  it('are counted by user, from wherever they come', async () => {
    await start({ env: { TRUSTED_PROXIES: '127.0.0.1', SOCKETS_PER_USER: '2' } });
    const { accessToken } = await setUpAdmin(app);
    const open = async (address: string) => {
      const socket = await openRawWebSocket(app.url, {
        path: path === '/ws/status' ? `${path}?token=${accessToken}` : path,
        headers: { 'x-forwarded-for': address },
      });
      if (path === '/graphql') socket.send(init(accessToken));
      return socket;
    };
    const first = await open('192.0.2.1');
    const second = await open('192.0.2.2');
    for (const socket of [first, second]) {
      await poll(() => messagesIn(socket.received()).length).toBeGreaterThan(0);
    }
    const third = await open('192.0.2.3');
    expect(await third.closed).toBe('1013 Too many connections');
    const overSse = await fetch(
      `${app.url}/graphql`,
      subscribeOverSse(accessToken, { 'x-forwarded-for': '192.0.2.4' }),
    );
    expect(overSse.status).toBe(429);
    await overSse.body?.cancel();
    first.end();
    second.end();
  });

  it('are bounded in total', async () => {
    await start({ env: { TRUSTED_PROXIES: '127.0.0.1', SOCKETS_TOTAL: '2' } });
    const open = await Promise.all([statusFrom('192.0.2.1'), statusFrom('192.0.2.2')]);
    expect(open.map(({ status }) => status)).toEqual([101, 101]);
    expect((await statusFrom('192.0.2.3')).status).toBe(503);
    for (const { socket } of open) socket.end();
    await expect.poll(async () => (await statusFrom('192.0.2.3')).status).toBe(101);
  });
});

describe('a connection that does not get on', () => {
  it('is closed after seconds, however it stalls', async () => {
    const { open } = await start();
    const { accessToken } = await setUpAdmin(app);
    // An upgrade whose head never ends.
    const half = await openConnection(app.url);
    half.write(head('GET', '/graphql', { connection: 'upgrade' }).slice(0, -2));
    // One that is refused, whose client keeps its own half open.
    const refused = [
      await openRawWebSocket(app.url, { path: '/nowhere' }),
      await openRawWebSocket(app.url, { headers: { origin: 'http://evil.test' } }),
      await openRawWebSocket(app.url, { headers: { 'sec-websocket-key': 'none' } }),
    ];
    expect(
      (await Promise.all(refused.map(({ answer }) => answer))).map(({ status }) => status),
    ).toEqual([404, 403, 400]);
    const silent = await openRawWebSocket(app.url);
    const deaf = await openRawWebSocket(app.url);
    deaf.stopReading();
    const chatty = await openRawWebSocket(app.url);
    const chat = setInterval(() => chatty.send('{"type":"ping"}'), 200);
    const partial = await openRawWebSocket(app.url);
    partial.frame(1, Buffer.from('{"type":'), false);
    const wrongProtocol = await openRawWebSocket(app.url, { protocol: 'graphql-ws' });
    const large = await openRawWebSocket(app.url);
    large.send(init(accessToken, { x: 'x'.repeat(20_000) }));

    expect(await wrongProtocol.closed).toBe('4406 Subprotocol not acceptable');
    expect(await large.closed).toBe('1009 Sign in first');
    expect(await silent.closed).toBe('4408 Connection initialisation timeout');
    expect(await chatty.closed).toBe('4408 Connection initialisation timeout');
    clearInterval(chat);
    expect(await half.received).toContain('408');
    await poll(open, 20_000).toBe(0);
    await expectServed(accessToken);
  }, 40_000);

  it('is closed when it is sent what is for clients, or breaks the protocol', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const end = async (send: (socket: Awaited<ReturnType<typeof signedIn>>) => void) => {
      const socket = await signedIn(accessToken);
      send(socket);
      return socket.closed;
    };
    expect(await end(({ send }) => send('{"id":"1","type":"next","payload":{}}'))).toBe(
      '4400 Unexpected message',
    );
    expect(await end(({ send }) => send('{'))).toBe('4400 Invalid message received');
    expect(await end(({ send }) => send('x'.repeat(MAX_MESSAGE + 1)))).toMatch(/^1009/);
    expect(await end(({ frame }) => frame(3, Buffer.alloc(0)))).toMatch(/^1002/);
    const pieces = await end(({ frame }) => {
      for (let n = 0; n < 100; n++) frame(n === 0 ? 1 : 0, Buffer.from(' '), false);
    });
    expect(pieces).toMatch(/^1008/);
    const long = subscription('x'.repeat(100));
    expect(await end(({ send }) => [long, long].forEach(send))).toMatch(/^4409/);
    expect(app.logged.filter(({ fields }) => 'kind' in fields)).toHaveLength(1);
  });

  it('does not hold up a stop, nor may another one come', async () => {
    await start({ env: { DRAIN_SECONDS: '5' } });
    await setUpAdmin(app);
    const deaf = await openRawWebSocket(app.url);
    await deaf.answer;
    deaf.stopReading();
    const kept = await openConnection(app.url);
    kept.write(head('GET', '/healthz', {}));
    await kept.until(/200 OK/);
    const drained = app.drain();
    kept.write(
      head('GET', '/graphql', {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      }),
    );
    await drained;
    expect(await kept.received).not.toContain('101 Switching');
  });
});
