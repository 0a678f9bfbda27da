import { afterEach, describe, expect, it } from 'vitest';
import type { TestApp, TestOptions } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { messagesIn, openRawWebSocket } from '../support/raw-web-socket.ts';
import {
  poll,
  startWatched,
  init,
  subscription,
  signedIn,
  expectServed,
  refusals,
  subscribeOverSse,
} from '../support/sockets.ts';
import { exchange, head, openConnection } from './wire.ts';

const MAX_MESSAGE = 64 * 1024;

let app: TestApp;
afterEach(() => app.close());
const start = async (options: TestOptions = {}) => {
  const started = await startWatched(options);
  app = started.app;
  return started;
};

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
    expect(refusals(app)).toHaveLength(1);
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
    await expectServed(app, accessToken);
  }, 40_000);

  it('is closed when it is sent what is for clients, or breaks the protocol', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const end = async (send: (socket: Awaited<ReturnType<typeof signedIn>>) => void) => {
      const socket = await signedIn(app, accessToken);
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
