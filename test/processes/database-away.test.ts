import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { createTestDatabase, postgresUrl } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { LOGIN, REFRESH } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const STAYING = ['/healthz', '/.well-known/jwks.json', '/.well-known/oauth-authorization-server'];

describe.skipIf(postgresUrl === undefined)('a database that is away for a while', () => {
  it('is not asked for what is known, and is found again', async () => {
    const app = await startApp({ provider: 'postgresql' });
    onTestFinished(() => app.close());
    const { refreshToken } = await setUpAdmin(app);
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const server = new pg.Client(postgresUrl);
    await server.connect();
    onTestFinished(() => server.end());
    const allowConnections = async (isOn: boolean) => {
      await server.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS ${isOn}`);
      await endConnections(name);
    };

    await allowConnections(false);
    await expect.poll(async () => (await app.rest('GET', '/readyz')).status).toBe(503);
    for (const path of STAYING) expect((await app.rest('GET', path)).status, path).toBe(200);
    await allowConnections(true);
    await expect.poll(async () => (await app.rest('GET', '/readyz')).status).toBe(200);
    const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
    expect(data.refresh.__typename).toBe('AuthPayload');
  });

  it('is answered for with OVERLOADED, as long as nobody listens there', async () => {
    const database = await createTestDatabase('postgresql');
    const proxy = await startDatabaseProxy(database.url);
    const app = await startApp({ databaseUrl: proxy.url });
    onTestFinished(async () => {
      await app.close();
      await database.drop();
    });
    await setUpAdmin(app);
    await Promise.all([proxy.close(), endConnections(new URL(database.url).pathname.slice(1))]);
    const input = { username: 'admin', password: PASSWORD };
    const { errors } = await app.graphql(LOGIN, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 } }]);
  });
});

async function endConnections(name: string): Promise<void> {
  const server = new pg.Client(postgresUrl);
  await server.connect();
  const connections = 'SELECT "pid" FROM pg_stat_activity WHERE "datname" = $1';
  await server.query(`SELECT pg_terminate_backend("pid") FROM (${connections}) AS c`, [name]);
  await server.end();
}
