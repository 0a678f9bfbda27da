import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('another spelling of a path', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  // As it stands: a client would write it the one way.
  const statusOf = async (path: string) => {
    const connection = await openConnection(app.url);
    connection.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    return Number(/^HTTP\/1.1 (\d+)/.exec(await connection.received)?.[1]);
  };

  it.each(['/compat/qdash/openapi.json', '/api/v1/users', '/compat/qdash/projects/a%20b%2Fc'])(
    'than that of %s, by which a proxy could be got round, leads nowhere',
    async (path) => {
      const [, first = '', ...rest] = path.split('/');
      const others = [
        `/%${first.charCodeAt(0).toString(16)}${first.slice(1)}/${rest.join('/')}`,
        `/x/..${path}`,
        `/x/%2e%2E${path}`,
        `/x/.%2e${path}`,
        `/.${path}`,
        `/%2e${path}`,
        path.replace(/(.)$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
        `/x\\..${path}`,
        `http://localhost${path}`,
        `${path}/.`,
        `${path}/x/..`,
      ];
      for (const other of others) {
        expect([other, await statusOf(other)]).toEqual([other, 404]);
      }
    },
  );

  it('is no other where it is the only one', async () => {
    expect(await statusOf('/compat/qdash/openapi.json')).toBe(200);
    expect(await statusOf('/api/v1/users')).not.toBe(404);
  });
});
