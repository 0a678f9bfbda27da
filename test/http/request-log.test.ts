import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { LOGIN, ME } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { exchange } from './wire.ts';

describe('the log of requests', () => {
  let app: TestApp;
  let token: string;
  let userId: string;
  beforeAll(async () => {
    app = await startApp({ env: { REQUEST_LOG: 'on', REST_ROOT: 'qdash' } });
    const signedIn = await setUpAdmin(app);
    token = signedIn.accessToken;
    userId = signedIn.user.id;
  });
  afterAll(() => app.close());

  /** The lines of what `work` asks; a line is written once the answer is out. */
  const linesOf = async (count: number, work: () => Promise<unknown>) => {
    const from = app.logged.length;
    await work();
    const lines = () => app.logged.slice(from).filter(({ message }) => message === 'request');
    await expect.poll(() => lines().length).toBe(count);
    return lines().map(({ level, fields }) => ({ level, ...fields }));
  };

  it('has one line for each, with its status, operations, caller and network', async () => {
    const [line] = await linesOf(1, () => app.graphql(ME, {}, token));
    expect(line).toEqual({
      level: 'info',
      requestId: expect.any(String),
      method: 'POST',
      door: 'graphql',
      route: '/graphql',
      status: 200,
      ms: expect.any(Number),
      operations: ['me'],
      actorId: userId,
      network: '127.0.0.1',
    });
  });

  it('names why something was refused, and nothing that was sent', async () => {
    const lines = await linesOf(3, async () => {
      await app.rest('POST', '/graphql?query=secret-in-the-query', {
        body: {
          query: String(LOGIN),
          variables: { input: { username: 'secret-name', password: `secret ${PASSWORD}` } },
        },
      });
      await app.rest('GET', '/secret-path?token=secret', { headers: { cookie: 'secret=1' } });
      await app.graphql(ME, {}, 'secret-token');
    });
    expect(lines).toMatchObject([
      { operations: ['login'], errors: ['INVALID_CREDENTIALS'] },
      { door: 'none', route: 'unknown', status: 404 },
      { door: 'graphql', status: 200 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('tells health checks and scrapes at debug', async () => {
    const lines = await linesOf(4, async () => {
      for (const path of ['/healthz', '/livez', '/readyz', '/metrics']) {
        await exchange(app.url, { path });
      }
    });
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'debug', 'debug']);
  });

  it('is off in development and on in production unless told otherwise', async () => {
    const other = await startApp();
    await setUpAdmin(other);
    expect(other.logged.filter(({ message }) => message === 'request')).toEqual([]);
    await other.close();
  });
});
