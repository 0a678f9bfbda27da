import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { DISABLE_AUTH, ENABLE_AUTH, SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { LOGOUT } from '../support/documents.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const ON = { type: 'status', enabled: true, has_users: true, setup_skipped: false, running: [] };

describe.each(providers)('/ws/status on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
  });
  afterEach(() => app.close());

  /** A socket, what it has said so far, and how it will end. */
  function watch(query = '', path = '/ws/status') {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}${path}${query}`);
    const said: unknown[] = [];
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      said.push(text.startsWith('{') ? JSON.parse(text) : text);
    });
    const opened = once(socket, 'open');
    const ended = once(socket, 'close').then(
      ([code, reason]) => `${String(code)} ${String(reason)}`,
    );
    return { socket, said, opened, ended };
  }
  const poll = <T>(read: () => T) => expect.poll(read, { timeout: 3000, interval: 10 });

  it('is accepted and closed without a token, and with one that is not good', async () => {
    await setUpAdmin(app);
    for (const [query, reason] of [
      ['', '1008 Authentication required'],
      ['?token=', '1008 Authentication required'],
      ['?token=not.a.token', '1008 Invalid or expired token'],
    ] as const) {
      const { opened, ended, said } = watch(query);
      await opened;
      expect(await ended).toBe(reason);
      expect(said).toEqual([]);
    }
    expect(JSON.stringify(app.logged)).not.toContain('not.a.token');
  });

  it('tells the status at once and again by the interval, and answers ping', async () => {
    const { accessToken } = await setUpAdmin(app);
    for (const path of ['/ws/status', '/compat/dumb/ws/status']) {
      const { socket, said, opened } = watch(`?token=${accessToken}&interval=0.1`, path);
      await opened;
      const begun = performance.now();
      await poll(() => said).toEqual([ON]);
      socket.send('ping');
      await poll(() => said).toEqual([ON, 'pong']);
      await poll(() => said).toEqual([ON, 'pong', ON]);
      // A tenth of a second was asked for; half a second is the least.
      expect(performance.now() - begun).toBeGreaterThan(300);
      socket.close();
    }
    expect(JSON.stringify(app.logged)).not.toContain(accessToken);
  });

  it('closes when the session of its token ends', async () => {
    await setUpAdmin(app);
    const { accessToken } = await signIn(app, 'admin');
    const { said, ended } = watch(`?token=${accessToken}`);
    await poll(() => said).toEqual([ON]);
    await app.graphql(LOGOUT, {}, accessToken);
    expect(await ended).toBe('1008 Invalid or expired token');
  });

  it('closes when the name of its token is no longer that of the account', async () => {
    const { accessToken, user } = await setUpAdmin(app);
    const body = { username: 'admin', password: PASSWORD };
    const signedIn = await app.rest('POST', '/compat/dumb/api/auth/login', { body });
    const { access_token: token } = signedIn.body as { access_token: string };
    const { said, ended } = watch(`?token=${token}`);
    await poll(() => said).toEqual([ON]);
    const input = { id: user.id, username: 'renamed' };
    await app.graphql(UPDATE_USER, { input }, accessToken);
    expect(await ended).toBe('1008 Invalid or expired token');
  });

  it('tells of every change as it comes', async () => {
    const { accessToken } = await setUpAdmin(app);
    const { said, socket } = watch(`?token=${accessToken}&interval=10`);
    await poll(() => said).toEqual([ON]);
    await app.graphql(DISABLE_AUTH, {}, accessToken);
    await poll(() => said).toEqual([ON, { ...ON, enabled: false }]);
    await app.graphql(ENABLE_AUTH, {});
    await poll(() => said).toEqual([ON, { ...ON, enabled: false }, ON]);
    socket.close();
  });

  it('is open while authentication is off, and closes when it is turned on', async () => {
    await app.graphql(SKIP_SETUP, {});
    const { said, ended } = watch('?interval=10');
    await poll(() => said).toEqual([
      { ...ON, enabled: false, has_users: false, setup_skipped: true },
    ]);
    await setUpAdmin(app);
    expect(await ended).toBe('1008 Authentication required');
  });
});
