import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { ME } from '../support/documents.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';

describe.skipIf(postgresUrl === undefined)('an app whose LISTEN connection is cut', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let app: TestApp;
  /** Somebody whom the app hears of by NOTIFY alone. */
  let psql: pg.Client;

  beforeAll(async () => {
    // What is remembered ages by this clock, which stands still until a test moves it.
    vi.useFakeTimers({ toFake: ['performance'] });
    database = await createTestDatabase('postgresql');
    proxy = await startDatabaseProxy(database.url);
    app = await startApp({ databaseUrl: proxy.url });
    psql = new pg.Client(database.url);
    await psql.connect();
    await setUpAdmin(app);
  });
  beforeEach(() => untilHearing());
  afterEach(() => proxy.release());
  afterAll(async () => {
    await psql.end();
    await app.close();
    await proxy.close();
    await database.drop();
    vi.useRealTimers();
  });

  const hears = () => app.services.changes.hearsOthers();
  const untilHearing = () => expect.poll(hears, { timeout: 10_000, interval: 10 }).toBe(true);

  async function cut() {
    const { rowCount } = await psql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'vestibule listener'`,
    );
    expect(rowCount).toBe(1);
    await expect.poll(hears, { timeout: 5000, interval: 5 }).toBe(false);
  }

  const isSignedIn = async (token: string) =>
    (await app.graphql(ME, {}, token)).errors.length === 0;
  const revokeSessionsOf = (userId: string) =>
    psql.query('UPDATE "Session" SET "revokedAt" = "createdAt" WHERE "userId" = $1', [userId]);

  it('remembers nobody for more than five seconds while it is deaf', async () => {
    const { accessToken, user } = await registerUser(app, 'Ann');
    proxy.hold();
    await cut();
    expect(await isSignedIn(accessToken)).toBe(true);
    await revokeSessionsOf(user.id);
    vi.advanceTimersByTime(5000);
    expect(await isSignedIn(accessToken)).toBe(true);
    vi.advanceTimersByTime(1);
    expect(await isSignedIn(accessToken)).toBe(false);
  });

  it('connects again and forgets what it could not have heard of', async () => {
    const { accessToken, user } = await registerUser(app, 'Ben');
    proxy.hold();
    await cut();
    expect(await isSignedIn(accessToken)).toBe(true);
    await revokeSessionsOf(user.id);
    expect(await isSignedIn(accessToken)).toBe(true);
    proxy.release();
    await untilHearing();
    expect(await isSignedIn(accessToken)).toBe(false);
  });

  it('hears at once of what is revoked in the database after that', async () => {
    const { accessToken, user } = await registerUser(app, 'Cid');
    await cut();
    await untilHearing();
    expect(await isSignedIn(accessToken)).toBe(true);
    await revokeSessionsOf(user.id);
    await expect.poll(() => isSignedIn(accessToken), { timeout: 1000, interval: 5 }).toBe(false);
  });

  it('takes a line that is silent for five seconds for a dead one', () => {
    expect(hears()).toBe(true);
    vi.advanceTimersByTime(5000);
    expect(hears()).toBe(false);
  });
});
