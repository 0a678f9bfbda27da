import { afterEach, describe, expect, it } from 'vitest';
import type { TestApp, TestOptions } from '../support/app.ts';
import { SESSION_REVOKED } from '../support/documents.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { messagesIn } from '../support/raw-web-socket.ts';
import {
  poll,
  startWatched,
  countListeners,
  subscription,
  signedIn,
  expectServed,
  subscribeOverSse,
} from '../support/sockets.ts';

let app: TestApp;
afterEach(() => app.close());
const start = async (options: TestOptions = {}) => {
  const started = await startWatched(options);
  app = started.app;
  return started;
};

describe('subscriptions', () => {
  it('of one WebSocket are refused beyond the limit, and 50,000 close it', async () => {
    await start({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const { accessToken } = await setUpAdmin(app);
    const listeners = countListeners(app);
    const socket = await signedIn(app, accessToken);
    for (let id = 0; id < 150; id++) socket.send(subscription(`${id}`));
    const refused = () =>
      messagesIn(socket.received()).filter((text) => text.includes('TOO_MANY_SUBSCRIPTIONS'));
    await poll(() => refused().length).toBe(50);
    // Of each subscription one watches the session, and one the other sessions; and one of the socket.
    await poll(listeners).toBe(2 * 100 + 1);
    for (let id = 150; id < 50_000; id++) socket.send(subscription(`${id}`));
    expect(await socket.closed).toBe('1008 Too many messages');
    await poll(listeners).toBe(0);
    await expectServed(app, accessToken);
  });

  it('give their place back when they are completed', async () => {
    await start({ env: { SUBSCRIPTIONS_PER_CONNECTION: '2' } });
    const { accessToken } = await setUpAdmin(app);
    const socket = await signedIn(app, accessToken);
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
            message: 'Too many subscriptions are open. Complete one first.',
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
    const socket = await signedIn(app, accessToken);
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

  it.each([
    ['of one user', 5, '192.0.2.'],
    ['of one address', 50, '192.0.2.1'],
  ])('%s are counted over all connections', async (whose, most, address) => {
    const limits = { SUBSCRIPTIONS_PER_CONNECTION: '1', SOCKETS_PER_ADDRESS: '1000' };
    await start({ env: { ...limits, TRUSTED_PROXIES: '127.0.0.1' } });
    const { accessToken } = await setUpAdmin(app);
    const tokens = [accessToken];
    for (let n = 0; n < 10; n++) tokens.push((await registerUser(app, `user${n}`)).accessToken);
    const subscribed = async (n: number) => {
      const isUsers = whose === 'of one user';
      const token = isUsers ? accessToken : tokens[n % tokens.length]!;
      const headers = { 'x-forwarded-for': isUsers ? `${address}${n}` : address };
      const socket = await signedIn(app, token, headers);
      socket.send(subscription('1'));
      socket.send('{"type":"ping"}');
      await poll(() => messagesIn(socket.received()).join()).toContain('pong');
      const text = messagesIn(socket.received()).join();
      return { socket, isRefused: text.includes('TOO_MANY_SUBSCRIPTIONS') };
    };
    const open = [];
    for (let n = 0; n < most; n++) open.push(await subscribed(n));
    expect(open.some(({ isRefused }) => isRefused)).toBe(false);
    expect((await subscribed(most)).isRefused).toBe(true);
    open[0]!.socket.end();
    await expect.poll(async () => (await subscribed(most)).isRefused).toBe(false);
  });

  it('leave nothing behind, however often they are begun and ended', async () => {
    await start();
    const { accessToken } = await setUpAdmin(app);
    const listeners = countListeners(app);
    const socket = await signedIn(app, accessToken);
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
