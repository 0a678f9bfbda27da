import { afterEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { openConnection } from './wire.ts';

let app: TestApp;
afterEach(() => app.close());

/** Starts the app, and counts the requests that it works on. */
async function startCounted() {
  const counts = { begun: 0, underWay: 0, mostUnderWay: 0 };
  app = await startApp({
    observe: (telemetry) => ({
      ...telemetry,
      request: (req, res, info) => {
        counts.begun += 1;
        counts.underWay += 1;
        counts.mostUnderWay = Math.max(counts.mostUnderWay, counts.underWay);
        res.once('close', () => (counts.underWay -= 1));
        telemetry.request(req, res, info);
      },
    }),
  });
  return counts;
}

const LOGIN = JSON.stringify({
  query: 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
  variables: { input: { username: 'nobody', password: 'a password of nobody' } },
});
const login = (close = false) =>
  'POST /graphql HTTP/1.1\r\nHost: vestibule.test\r\nContent-Type: application/json\r\n' +
  `${close ? 'Connection: close\r\n' : ''}Content-Length: ${LOGIN.length}\r\n\r\n${LOGIN}`;
const answersIn = (text: string) => text.match(/InvalidCredentialsError/g)?.length ?? 0;

const ME = JSON.stringify({ query: '{ me { id } }' });
const me =
  'POST /graphql HTTP/1.1\r\nHost: vestibule.test\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${ME.length}\r\n\r\n${ME}`;

describe('requests that one connection sends before the answers', () => {
  it('are worked on one after the other, as many as wait, and answered in order', async () => {
    const counts = await startCounted();
    const connection = await openConnection(app.url);
    connection.write(login().repeat(15) + login(true));
    expect(answersIn(await connection.received)).toBe(16);
    expect(counts).toEqual({ begun: 16, underWay: 0, mostUnderWay: 1 });
  });

  it('cost the connection where too many wait, and none of the others is begun', async () => {
    const counts = await startCounted();
    const connections = await Promise.all([1, 2, 3].map(() => openConnection(app.url)));
    for (const { write } of connections) write(login().repeat(3000));
    await Promise.all(connections.map(({ received }) => received));
    expect(counts.begun).toBeLessThanOrEqual(3 * 17);
    expect(counts.mostUnderWay).toBeLessThanOrEqual(3);
    expect((await app.rest('GET', '/healthz')).status).toBe(200);
  });

  it('keep nobody from the server, where each is answered at once', async () => {
    const counts = await startCounted();
    const connections = await Promise.all([1, 2, 3].map(() => openConnection(app.url)));
    for (const { write } of connections) write(me.repeat(5000));
    await Promise.all(connections.map(({ received }) => received));
    expect(counts.begun).toBeLessThanOrEqual(3 * 17);
  });

  it('are not begun once the client is gone', async () => {
    const counts = await startCounted();
    const connection = await openConnection(app.url);
    connection.write(login().repeat(10));
    await expect.poll(() => counts.begun).toBeGreaterThan(0);
    connection.abort();
    await expect.poll(() => counts.underWay).toBe(0);
    const { begun } = counts;
    await app.rest('POST', '/graphql', { body: LOGIN });
    expect(counts.begun).toBeLessThanOrEqual(begun + 2);
  });
});
