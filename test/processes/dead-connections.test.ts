import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { ME, REFRESH } from '../support/documents.ts';
import { setUpAdmin, signIn } from '../support/people.ts';

const QUERY_SECONDS = 1;

describe.skipIf(postgresUrl === undefined)('connections on which nothing comes any more', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let app: TestApp;
  beforeEach(async () => {
    database = await createTestDatabase('postgresql');
    proxy = await startDatabaseProxy(database.url);
    app = await startApp({
      databaseUrl: proxy.url,
      // Authentication is on, without a read: such a read fails closed and would take the place of the one
      // that a test is about.
      env: { DATABASE_QUERY_SECONDS: String(QUERY_SECONDS), ALLOW_AUTH_DISABLE: 'false' },
    });
  });
  afterEach(async () => {
    await app.close();
    await proxy.close();
    await database.drop();
  });

  const isReady = async () => (await app.rest('GET', '/readyz')).status;

  it('are replaced, all of the pool at once, though none of them is closed', async () => {
    const { accessToken, refreshToken } = await setUpAdmin(app);
    const { prisma, connections } = app.services.db;
    await Promise.all(
      Array.from({ length: 10 }, () => prisma.$queryRaw`SELECT pg_sleep(0.2)::text`),
    );
    expect(connections()).toMatchObject({ total: 10 });

    proxy.silence();
    // The first check finds it out and fails; none of the other connections costs another one.
    expect(await isReady()).toBe(503);
    expect(await isReady()).toBe(200);
    expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
    expect((await app.graphql(REFRESH, { input: { refreshToken } })).data.refresh.__typename).toBe(
      'AuthPayload',
    );
  });

  it('answer whoever is waiting on them with TIMED_OUT, and take nobody else along', async () => {
    await setUpAdmin(app);
    const { refreshToken } = await signIn(app, 'admin');
    proxy.silence();
    const input = { refreshToken };
    const { errors } = await app.graphql(REFRESH, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'TIMED_OUT' } }]);
    expect((await app.graphql(REFRESH, { input })).data.refresh.__typename).toBe('AuthPayload');
  });

  it('are given up in the middle of a transaction, of which nothing is done', async () => {
    const { prisma } = app.services.db;
    const key = 'half a transaction';
    const work = prisma.$transaction(async (tx) => {
      await tx.setting.create({ data: { key, value: '', updatedAt: app.clock.now() } });
      proxy.silence();
      await tx.setting.count();
    });
    await expect(work).rejects.toThrow('does not answer');
    expect(await prisma.setting.count({ where: { key } })).toBe(0);
    const states = Array.from({ length: 20 }, () => prisma.setting.count());
    expect(await Promise.all(states)).not.toContain(undefined);
  });
});
