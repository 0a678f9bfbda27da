import { afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/db/engines/sqlite/database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN, ME, REFRESH } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

let app: TestApp;
afterEach(() => app.close());

describe.skipIf(postgresUrl === undefined)('a connection to PostgreSQL', () => {
  it('comes with what the settings allow', async () => {
    app = await startApp({
      provider: 'postgresql',
      env: { DATABASE_LOCK_SECONDS: '2', DATABASE_TRANSACTION_SECONDS: '7' },
    });
    const { prisma } = app.services.db;
    expect(
      await prisma.$queryRaw`
      SELECT current_setting('lock_timeout') AS "lock", current_setting('statement_timeout') AS "query",
        current_setting('idle_in_transaction_session_timeout') AS "idle"`,
    ).toEqual([{ lock: '2s', query: '5s', idle: '7s' }]);
  });

  it('is used again after a statement that the server refused', async () => {
    app = await startApp({ provider: 'postgresql', env: { DATABASE_QUERY_SECONDS: '1' } });
    const { prisma } = app.services.db;
    const pid = async () => JSON.stringify(await prisma.$queryRaw`SELECT pg_backend_pid()`);
    const before = await pid();
    await expect(prisma.$queryRaw`SELECT pg_sleep(3)::text`).rejects.toThrow('statement timeout');
    expect(await pid()).toBe(before);
  });
});

describe('a SQLite file that another process has locked', () => {
  const lock = () => {
    const other = openSqlite(app.databaseUrl.slice('file:'.length));
    other.exec('BEGIN IMMEDIATE');
    return () => {
      other.exec('ROLLBACK');
      other.close();
    };
  };

  it('is read as before, and written as soon as it is free', async () => {
    app = await startApp();
    const { accessToken, refreshToken } = await setUpAdmin(app);
    const unlock = lock();
    const asked = [
      app.graphql(REFRESH, { input: { refreshToken } }),
      app.graphql(LOGIN, { input: { username: 'admin', password: PASSWORD } }),
    ];
    for (let i = 0; i < 5; i++) {
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
      expect((await app.rest('GET', '/readyz')).status).toBe(200);
    }
    unlock();
    for (const answer of await Promise.all(asked)) expect(answer.errors).toEqual([]);
  });

  it('is waited for no longer than DATABASE_LOCK_SECONDS', async () => {
    app = await startApp({ env: { DATABASE_LOCK_SECONDS: '1' } });
    const { refreshToken } = await setUpAdmin(app);
    const unlock = lock();
    const { errors } = await app.graphql(REFRESH, { input: { refreshToken } });
    expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    unlock();
    const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
    expect(data.refresh.__typename).toBe('AuthPayload');
  });
});
