import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'vitest';
import { startApp, type TestApp, type TestOptions } from './app.ts';
import { SESSION_REVOKED } from './documents.ts';
import { messagesIn, openRawWebSocket, type RawWebSocket } from './raw-web-socket.ts';

export const poll = <T>(read: () => T, timeout = 10_000) =>
  expect.poll(read, { timeout, interval: 10 });

/** An app, the most that waited for a client to read it, and how many WebSockets are open. */
export async function startWatched(options: TestOptions = {}) {
  const app = await startApp(options);
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
  return {
    app,
    mostUnread: () => most,
    open: () => upgraded.filter(({ closed }) => !closed).length,
  };
}

/** How many listen for changes at this moment: each subscription does. */
export function countListeners(app: TestApp) {
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

export const init = (token: string, payload = {}) =>
  JSON.stringify({
    type: 'connection_init',
    payload: { authorization: `Bearer ${token}`, ...payload },
  });
export const subscription = (id: string, query = String(SESSION_REVOKED)) =>
  JSON.stringify({ id, type: 'subscribe', payload: { query } });

/** A WebSocket on which a user has signed in. */
export async function signedIn(app: TestApp, token: string, headers = {}): Promise<RawWebSocket> {
  const socket = await openRawWebSocket(app.url, { headers });
  socket.send(init(token));
  await poll(() => messagesIn(socket.received())).toEqual(['{"type":"connection_ack"}']);
  return socket;
}

/** A WebSocket that is well and stays so, whatever another one does. */
export async function expectServed(app: TestApp, token: string) {
  const socket = await signedIn(app, token, { 'x-forwarded-for': '198.51.100.99' });
  socket.send('{"type":"ping"}');
  await poll(() => messagesIn(socket.received())).toContain('{"type":"pong"}');
  socket.end();
}

/** What was logged of limits that were reached. */
export const refusals = (app: TestApp) => app.logged.filter(({ fields }) => 'connection' in fields);

/** Subscribes over Server-Sent Events. */
export const subscribeOverSse = (token: string, headers = {}) => ({
  method: 'POST',
  headers: {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    ...headers,
  },
  body: JSON.stringify({ query: String(SESSION_REVOKED) }),
});
