import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN, REFRESH } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const STAYING = [
  '/healthz',
  '/.well-known/jwks.json',
  '/.well-known/oauth-authorization-server',
];

describe.skipIf(postgresUrl === undefined)('a database that is away for a while', () => {
  it('is asked for nothing by what is known, answered for with OVERLOADED, and found again', async () => {
    const app = await startApp({ provider: 'postgresql' });
    onTestFinished(() => app.close());
    const { refreshToken } = await setUpAdmin(app);
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const server = new pg.Client(postgresUrl);
    await server.connect();
    onTestFinished(() => server.end());
    const connections = async (limit: number) => {
      await server.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS ${limit !== 0}`);
      await server.query(
        `SELECT pg_terminate_backend("pid") FROM pg_stat_activity WHERE "datname" = '${name}'`,
      );
    };

    await connections(0);
    await expect.poll(async () => (await app.rest('GET', '/readyz')).status).toBe(503);
    for (const path of STAYING) expect((await app.rest('GET', path)).status, path).toBe(200);
    await connections(1);
    await expect.poll(async () => (await app.rest('GET', '/readyz')).status).toBe(200);
    const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
    expect(data.refresh.__typename).toBe('AuthPayload');
  });

  it('is answered for with OVERLOADED where it cannot be reached', async () => {
    const app = await startApp({ provider: 'postgresql' });
    onTestFinished(() => app.close());
    await setUpAdmin(app);
    app.logged.length = 0;
    const { prisma } = app.services.db;
    expect(prisma).toBeDefined();
    const input = { username: 'admin', password: PASSWORD };
    expect((await app.graphql(LOGIN, { input })).errors).toEqual([]);
  });
});
