import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import { DISABLE_AUTH, ENABLE_AUTH, SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { postgresUrl, providers } from '../support/database.ts';
import { SESSION_REVOKED } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';

/** A socket, whether it was let in, and with which codes it ended. */
function connect(app: TestApp, authorization?: string) {
  const codes: number[] = [];
  const letIn: true[] = [];
  const client: Client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: authorization === undefined ? {} : { authorization },
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => undefined,
    on: {
      connected: () => letIn.push(true),
      closed: (event) => codes.push((event as { code: number }).code),
    },
  });
  return { client, letIn, codes };
}

const poll = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 10 });

/** What the door of HTTP answers to whoever subscribes over SSE. */
async function codeOverSse(app: TestApp, headers: Record<string, string>) {
  const { text } = await app.rest('POST', '/graphql', {
    headers: { accept: 'text/event-stream', ...headers },
    body: { query: String(SESSION_REVOKED) },
  });
  return /"code":"([A-Z_]+)"/.exec(text)?.[1];
}

async function codeOverSocket(client: Client) {
  const { value } = (await client.iterate({ query: String(SESSION_REVOKED) }).next()) as {
    value: { errors?: readonly { extensions?: { code?: unknown } }[] };
  };
  return value.errors?.[0]?.extensions?.code;
}

describe.each(providers)('a WebSocket while authentication is off on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
  });
  afterEach(() => app.close());

  it('lets in whoever sends nothing, or what is no token, and closes with 4403 once it is on', async () => {
    const { accessToken } = await setUpAdmin(app);
    await app.graphql(DISABLE_AUTH, {}, accessToken);
    const sockets = [connect(app), connect(app, 'Bearer nothing')];
    for (const { letIn } of sockets) await poll(() => letIn).toEqual([true]);
    await app.graphql(ENABLE_AUTH, {});
    for (const { codes } of sockets) await poll(() => codes).toEqual([4403]);

    const stranger = connect(app);
    await poll(() => stranger.codes).toEqual([4403]);
    expect(stranger.letIn).toEqual([]);
  });

  it('closes with 4403 when the first user is made', async () => {
    await app.graphql(SKIP_SETUP, {});
    const { letIn, codes } = connect(app);
    await poll(() => letIn).toEqual([true]);
    await setUpAdmin(app);
    await poll(() => codes).toEqual([4403]);
  });

  it('refuses what is for a person as HTTP does, with a token of one too', async () => {
    const { accessToken } = await setUpAdmin(app);
    await app.graphql(DISABLE_AUTH, {}, accessToken);
    for (const authorization of [undefined, `Bearer ${accessToken}`]) {
      const { client, codes } = connect(app, authorization);
      expect(await codeOverSocket(client)).toBe('UNAUTHENTICATED');
      const headers = authorization === undefined ? {} : { authorization };
      expect(await codeOverSse(app, headers)).toBe('UNAUTHENTICATED');
      // What is wrong with one subscription is no reason to close the socket.
      expect(codes).toEqual([]);
      await client.dispose();
    }
  });
});

/** How a process may come to hear what another one did: NOTIFY, or looking where nothing is heard. */
const hearings = [
  ['on SQLite', { provider: 'sqlite' }, {}],
  ['on PostgreSQL', { provider: 'postgresql' }, {}],
  ['on PostgreSQL that it does not hear', { provider: 'postgresql' }, { hears: 'nothing' }],
] as const;

describe.each(
  hearings.filter(([, { provider }]) => provider === 'sqlite' || postgresUrl !== undefined),
)('a WebSocket of another process %s', (_where, options, { hears }: { hears?: string }) => {
  it('closes with 4403 when authentication is turned on', async () => {
    const app = await startApp(options);
    const { databaseUrl } = app;
    const deaf = { env: { DIRECT_DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' } };
    const other = await startApp({ databaseUrl, ...(hears === 'nothing' && deaf) });
    try {
      const { accessToken } = await setUpAdmin(app);
      await app.graphql(DISABLE_AUTH, {}, accessToken);
      const { letIn, codes } = connect(other);
      await poll(() => letIn).toEqual([true]);
      await app.graphql(ENABLE_AUTH, {});
      await poll(() => codes).toEqual([4403]);
    } finally {
      await other.close();
      await app.close();
    }
  });
});
