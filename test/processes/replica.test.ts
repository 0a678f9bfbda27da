import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cli } from '../support/cli.ts';
import { canMakeClusters, type Cluster, startCluster } from '../support/cluster.ts';
import { LOGOUT, ME } from '../support/documents.ts';
import { createUser, registerUser, setUpAdmin } from '../support/people.ts';
import { LIST_USERS } from '../support/user-documents.ts';

describe.skipIf(!canMakeClusters)('an app with a read replica', () => {
  let cluster: Cluster;
  let app: TestApp;
  let admin: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    cluster = await startCluster();
    const { primary, standby } = cluster;
    await primary.query('CREATE DATABASE vestibule');
    const databaseUrl = primary.urlOf('vestibule');
    await migrate(databaseUrl);
    env = { READ_REPLICA_URLS: standby.urlOf('vestibule') };
    app = await startApp({ databaseUrl, env });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(async () => {
    await app.close();
    await cluster.close();
  });

  const list = async (search: string) => {
    const { data } = await app.graphql(LIST_USERS, { filter: { search } }, admin);
    return data.users.nodes.map(({ username }) => username);
  };
  /** How many lists of users the standby has answered, as far as its connections remember. */
  const listsOnStandby = async () => {
    const [row] = await cluster.standby.query<{ count: number }>(`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = 'vestibule' AND query LIKE '%FROM "User"%'`);
    return row!.count;
  };
  const pause = () => cluster.standby.query('SELECT pg_wal_replay_pause()');
  const resume = () => cluster.standby.query('SELECT pg_wal_replay_resume()');

  it('lists users from it', async () => {
    await expect
      .poll(async () => [await list('admin'), await listsOnStandby()])
      .toEqual([['admin'], 1]);
  });

  it('always lists who was just made', async () => {
    for (let i = 0; i < 20; i++) {
      await createUser(app, admin, `ann-${i}`);
      expect(await list(`ann-${i}`)).toContain(`ann-${i}`);
    }
  });

  it('lists them from the primary while the replica stays behind', async () => {
    await pause();
    await createUser(app, admin, 'ben');
    expect(await list('ben')).toEqual(['ben']);
    await resume();
  });

  it('refuses whom the replica does not know to be signed out', async () => {
    const { accessToken } = await registerUser(app, 'cid');
    await pause();
    await app.graphql(LOGOUT, {}, accessToken);
    const { errors } = await app.graphql(ME, {}, accessToken);
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    await resume();
  });

  it('is looked at by the doctor', async () => {
    const all = {
      ...env,
      DATABASE_URL: app.databaseUrl,
      SECRET_KEY: 'a secret key for tests: 32 bytes and more',
    };
    const { output } = await cli(all, ['doctor']);
    expect(output).toMatch(/^ok {4}the read replica 127.0.0.1:\d+ answers$/m);
    const mistaken = await cli({ ...all, READ_REPLICA_URLS: app.databaseUrl }, ['doctor']);
    expect(mistaken.output).toMatch(/^warn {2}the read replica .* is no standby/m);
  });

  // The last, for there is no replica after it.
  it('goes on when the replica is gone', async () => {
    await cluster.primary.query(`ALTER SYSTEM SET synchronous_standby_names = ''`);
    await cluster.primary.query('SELECT pg_reload_conf()');
    await cluster.standby.kill();
    expect(await list('ben')).toEqual(['ben']);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a read replica does not answer' }),
    );
  });
});
