import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { REVOKE_SESSION, SESSION_REVOKED, SESSIONS, LOGOUT } from '../support/documents.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { DELETE_USER, UPDATE_USER } from '../support/user-documents.ts';

describe.each(providers)('sessionRevoked on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const sessionId = async (token: string) =>
    (await app.graphql(SESSIONS, {}, token)).data.sessions.find(({ current }) => current)!.id;
  const revoke = (token: string, id: string) =>
    app.graphql(REVOKE_SESSION, { input: { id } }, token);

  /** The events of a stream as they come; ends with the stream. */
  async function* sse(token: string, onOpen: () => void): AsyncGenerator<unknown> {
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: String(SESSION_REVOKED) }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    onOpen();
    let text = '';
    for await (const chunk of answer.body!) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^data: (.+)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data) yield JSON.parse(data);
      }
    }
  }

  const collect = async (token: string, then: () => Promise<unknown>) => {
    const events: unknown[] = [];
    let opened = () => {};
    const open = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const done = (async () => {
      for await (const event of sse(token, opened)) events.push(event);
    })();
    await open;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await then();
    await done;
    return events;
  };

  it('tells over SSE of each session that ends, and completes with its own', async () => {
    const here = await registerUser(app, 'Ann');
    const there = await signIn(app, 'Ann');
    const [hereId, thereId] = [
      await sessionId(here.accessToken),
      await sessionId(there.accessToken),
    ];
    const events = await collect(here.accessToken, async () => {
      await revoke(here.accessToken, thereId);
      await revoke(here.accessToken, hereId);
    });
    expect(events).toEqual([
      { data: { sessionRevoked: { sessionId: thereId, current: false } } },
      { data: { sessionRevoked: { sessionId: hereId, current: true } } },
    ]);
  });

  it.each<[string, (id: string) => Promise<{ errors: readonly unknown[] }>]>([
    ['disabled', (id) => app.graphql(UPDATE_USER, { input: { id, disabled: true } }, admin)],
    ['deleted', (id) => app.graphql(DELETE_USER, { input: { id } }, admin)],
  ])('ends when its user is %s', async (how, end) => {
    const { accessToken, user } = await registerUser(app, `to be ${how}`);
    const events = await collect(accessToken, async () => {
      expect((await end(user.id)).errors).toEqual([]);
    });
    const own = { data: { sessionRevoked: { current: true } } };
    for (const event of events) expect(event).toMatchObject(own);
  });

  it('ends when its token runs out', async () => {
    const short = await startApp({ provider, env: { ACCESS_TOKEN_SECONDS: '1' } });
    try {
      const { accessToken } = await setUpAdmin(short);
      const answer = await fetch(`${short.url}/graphql`, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          authorization: `Bearer ${accessToken}`,
        },
        body: JSON.stringify({ query: String(SESSION_REVOKED) }),
      });
      expect(await answer.text()).toContain('event: complete');
    } finally {
      await short.close();
    }
  });

  it('is refused to strangers over SSE', async () => {
    const answer = await app.rest('POST', '/graphql', {
      headers: { accept: 'text/event-stream' },
      body: { query: String(SESSION_REVOKED) },
    });
    expect(answer.text).toContain('UNAUTHENTICATED');
  });

  describe('over graphql-ws', () => {
    const connect = (token: string, closed: (code: number) => void): Client =>
      createClient({
        url: `${app.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token}` },
        retryAttempts: 0,
        lazy: false,
        onNonLazyError: () => undefined,
        on: { closed: (event) => closed((event as { code: number }).code) },
      });

    it('tells of each session that ends, and closes the socket with its own', async () => {
      const here = await registerUser(app, 'Cid');
      const there = await signIn(app, 'Cid');
      const codes: number[] = [];
      const client = connect(here.accessToken, (code) => codes.push(code));
      const events: unknown[] = [];
      const done = (async () => {
        for await (const { data } of client.iterate({ query: String(SESSION_REVOKED) })) {
          events.push(data);
        }
      })().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const thereId = await sessionId(there.accessToken);
      await revoke(here.accessToken, thereId);
      await app.graphql(LOGOUT, {}, here.accessToken);
      await done;
      await expect.poll(() => codes).toEqual([4403]);
      expect(events[0]).toEqual({ sessionRevoked: { sessionId: thereId, current: false } });
    });

    it.each([
      ['no token', undefined],
      ['a bad token', 'Bearer nothing'],
    ])('refuses %s', async (_case, authorization) => {
      const socket = new WebSocket(
        `${app.url.replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
      );
      const closed = new Promise<number>((resolve) => socket.on('close', resolve));
      socket.on('open', () =>
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
      );
      expect(await closed).toBe(4403);
    });

    it('refuses a page of another site', async () => {
      const socket = new WebSocket(
        `${app.url.replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
        {
          origin: 'http://evil.test',
        },
      );
      const refused = new Promise<string>((resolve) =>
        socket.on('error', (e) => resolve(e.message)),
      );
      expect(await refused).toContain('403');
    });

    it('is for subscriptions only', async () => {
      const { accessToken } = await registerUser(app, 'Dee');
      const client = connect(accessToken, () => undefined);
      const first = client.iterate({ query: '{ me { id } }' }).next();
      await expect(first).rejects.toMatchObject([
        { message: 'Send queries and mutations over HTTP.' },
      ]);
      await client.dispose();
    });
  });
});
