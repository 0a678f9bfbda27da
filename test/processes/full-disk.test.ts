import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { ME, REGISTER } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const statusOf = async (app: TestApp, path: string) => (await app.rest('GET', path)).status;

/** Registers people until that fails, and answers how it did. */
async function registerUntilRefused(app: TestApp): Promise<string | undefined> {
  for (let i = 0; i < 2000; i++) {
    const input = { username: `user${i}`, password: PASSWORD };
    const { errors } = await app.graphql(REGISTER, { input });
    if (errors[0]) return errors[0].extensions.code;
  }
  return undefined;
}

/** A database that takes no writes is read as before, alive and not ready; that ends by itself. */
async function expectUnreadyUntil(app: TestApp, token: string, mend: () => Promise<unknown>) {
  expect(await registerUntilRefused(app)).toBe('OVERLOADED');
  expect(await statusOf(app, '/readyz')).toBe(503);
  expect(await statusOf(app, '/healthz')).toBe(200);
  expect((await app.graphql(ME, {}, token)).errors).toEqual([]);
  expect(app.logged).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'the database takes no writes' }),
  );
  await mend();
  await expect.poll(() => statusOf(app, '/readyz'), { timeout: 10_000 }).toBe(200);
  const input = { username: 'later', password: PASSWORD };
  const { data } = await app.graphql(REGISTER, { input });
  expect(data.register.__typename).toBe('AuthPayload');
}

describe('a SQLite file that cannot grow', () => {
  it('makes the process unready, until it can', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    const { accessToken } = await setUpAdmin(app);
    const { prisma } = app.services.db;
    await prisma.$queryRaw`PRAGMA max_page_count = 1`;
    await expectUnreadyUntil(
      app,
      accessToken,
      () => prisma.$queryRaw`PRAGMA max_page_count = 4294967294`,
    );
  });
});

describe.skipIf(postgresUrl === undefined)('a PostgreSQL server that takes no writes', () => {
  it('makes the process unready, until it does', async () => {
    const app = await startApp({ provider: 'postgresql' });
    onTestFinished(() => app.close());
    const { accessToken } = await setUpAdmin(app);
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const server = new pg.Client(postgresUrl);
    await server.connect();
    onTestFinished(() => server.end());
    const readOnly = async (isOn: boolean) => {
      await server.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = ${isOn}`);
      await server.query(
        `SELECT pg_terminate_backend("pid") FROM pg_stat_activity WHERE "datname" = '${name}'`,
      );
      await expect
        .poll(() =>
          app.services.db.ping().then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
    };
    await readOnly(true);
    await expectUnreadyUntil(app, accessToken, () => readOnly(false));
  });
});
