import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp } from '../support/app.ts';
import { cli } from '../support/cli.ts';
import { createEmptyDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';
import { LOGIN, LOGOUT, ME, REFRESH, SETUP } from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { PGBOUNCER } from '../support/machine.ts';
import { PASSWORD } from '../support/people.ts';
import { type Pooler, startPgbouncer } from '../support/pgbouncer.ts';
import { INSTALLATION, type ServerProcess, startProcess } from '../support/process.ts';

const canRun = postgresUrl !== undefined && existsSync(PGBOUNCER);

describe.skipIf(!canRun)('two processes behind PgBouncer, pooling by transaction', () => {
  let database: TestDatabase;
  let pooler: Pooler;
  let env: Record<string, string>;
  let one: ServerProcess;
  let two: ServerProcess;

  beforeAll(async () => {
    database = await createEmptyDatabase('postgresql');
    pooler = await startPgbouncer(postgresUrl!);
    env = {
      ...INSTALLATION,
      THROTTLE: 'on',
      DATABASE_URL: pooler.through(database.url),
      DIRECT_DATABASE_URL: database.url,
    };
    [one, two] = await Promise.all([startProcess(env), startProcess(env)]);
    await send(one.url, SETUP, { input: { username: 'admin', password: PASSWORD } });
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await pooler.close();
    await database.drop();
  });

  const at = (i: number) => (i % 2 ? one : two).url;
  const signIn = async (url = one.url) => {
    const input = { username: 'admin', password: PASSWORD };
    return expectType((await send(url, LOGIN, { input })).login, 'AuthPayload');
  };
  const isSignedIn = (url: string, token: string) =>
    send(url, ME, {}, token).then(
      () => true,
      () => false,
    );

  it('begin one generation when a hundred refresh one token', async () => {
    const { refreshToken } = await signIn();
    const refreshes = Array.from({ length: 100 }, (_, i) =>
      send(at(i), REFRESH, { input: { refreshToken } }),
    );
    const answers = (await Promise.all(refreshes)).map((answer) => JSON.stringify(answer));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('"AuthPayload"');
  });

  it('refuse on the other what was signed out on one, which LISTEN tells past the pooler', async () => {
    const { accessToken } = await signIn();
    expect(await isSignedIn(two.url, accessToken)).toBe(true);
    await send(one.url, LOGOUT, {}, accessToken);
    await expect
      .poll(() => isSignedIn(two.url, accessToken), { timeout: 1000, interval: 5 })
      .toBe(false);
  });

  it('let none of a hundred guesses at once gain by it', async () => {
    const input = { username: 'nobody', password: 'wrong' };
    const guesses = Array.from({ length: 100 }, (_, i) =>
      send(at(i), LOGIN, { input }).then(
        ({ login }) => login.__typename,
        (error: Error) => error.message,
      ),
    );
    const checked = (await Promise.all(guesses)).filter((e) => e === 'InvalidCredentialsError');
    expect(checked).toHaveLength(5);
  });

  it('find nothing wrong with the doctor, who misses DIRECT_DATABASE_URL', async () => {
    const { output } = await cli(env, ['doctor']);
    expect(output).toContain('ok    changes of other processes are heard at once');
    const pooled = { ...env, DIRECT_DATABASE_URL: '' };
    const { code, output: missing } = await cli(pooled, ['doctor']);
    expect(missing).toMatch(/FAIL {2}changes of other processes.*DIRECT_DATABASE_URL/);
    expect(code).toBe(1);
  });

  it('set in each transaction what the pooler takes with no connection', async () => {
    const app = await startApp({
      databaseUrl: env['DATABASE_URL']!,
      env: { DATABASE_LOCK_SECONDS: '2' },
    });
    const { prisma } = app.services.db;
    const inside = await prisma.$transaction((tx) => tx.$queryRaw`SHOW lock_timeout`);
    expect(inside).toEqual([{ lock_timeout: '2s' }]);
    // The next to have the server's connection finds nothing of it.
    expect(await prisma.$queryRaw`SHOW lock_timeout`).toEqual([{ lock_timeout: '0' }]);
    await app.close();
  });

  it('do not take a LISTEN that the pooler swallows for silence', async () => {
    const app = await startApp({ databaseUrl: env['DATABASE_URL']! });
    const isDeaf = () => app.logged.some(({ message }) => message.startsWith('not hearing'));
    await expect.poll(isDeaf, { timeout: 10_000 }).toBe(true);
    expect(app.services.changes.hearsOthers()).toBe(false);
    await app.close();
  });
});
