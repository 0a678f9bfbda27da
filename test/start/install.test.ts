import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { connectionConfig } from '../../src/db/engines/postgresql/pool.ts';
import { exchange } from '../http/wire.ts';
import { canMakeClusters } from '../support/cluster.ts';
import { FOLDERS } from '../support/folders.ts';
import { blockOf } from '../support/install-guide.ts';
import { SYSTEMD_ANALYZE } from '../support/machine.ts';
import { processOfTest } from '../support/process.ts';
import { startTlsPostgresql, type TlsPostgresql } from '../support/tls-postgresql.ts';

const BLOCKS = ['secrets', 'admin', 'database', 'build', 'deploy', 'settings', 'command'] as const;

let folder: string;
let database: TlsPostgresql;
let env: Readonly<Record<string, string | undefined>>;

/** A block with the places of this test in place of those of a machine. */
const here = (name: string) => {
  const places = {
    '/etc/vestibule': `${folder}/etc`,
    '/opt/vestibule': `${folder}/opt`,
    '/var/lib/vestibule': `${folder}/lib`,
    '/usr/local/bin/vestibule': `${folder}/bin/vestibule`,
    '/tmp/vestibule': `${folder}/vestibule`,
    'tar -C /tmp ': `tar -C ${folder} `,
    'vestibule.tar.gz': `${folder}/vestibule.tar.gz`,
    'db.example.com:5432': `localhost:${database.port}`,
    'host=db.example.com port=5432': `host=localhost port=${database.port}`,
    // What the tests run is built already, and by a user who cannot become another one.
    'npm ci && npm run build && ': '',
    'chgrp vestibule': `chgrp ${process.getgid?.()}`,
    'runuser -u vestibule -- ': '',
  };
  return Object.entries(places).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    blockOf(name),
  );
};
const shell = (script: string, cwd = process.cwd()) =>
  spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], { encoding: 'utf8', env, cwd });
const expectDone = (script: string, cwd?: string) => {
  const { status, stdout, stderr } = shell(script, cwd);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
};
const urlIn = (name: string) => readFileSync(join(folder, 'etc', name), 'utf8').trim();
const querying = async (url: string, sql: string) => {
  const client = new pg.Client(connectionConfig(url));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};

describe.skipIf(!canMakeClusters)('docs/operate/install.md', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(FOLDERS, 'vestibule-install-'));
    for (const name of ['bin', 'etc', 'lib']) mkdirSync(join(folder, name));
    database = await startTlsPostgresql();
    writeFileSync(join(folder, 'etc/postgresql-ca.crt'), database.ca);
    const PATH = `${join(folder, 'bin')}:${process.env['PATH']}`;
    env = { PATH, HOME: folder, PGPASSWORD: database.superuserPassword };
  });
  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });

  it('leads to a server that an administrator can sign in to', async () => {
    expectDone(BLOCKS.map(here).join('\n'));
    expect(expectDone(here('migrate'))).toMatch(/^applied 0001_core$/m);
    const said = expectDone(here('administrator'));
    expect(said).not.toMatch(/^FAIL/m);
    const password = /^password: (\S+)$/m.exec(said)?.[1];

    const settings = readFileSync(join(folder, 'etc/vestibule.env'), 'utf8').trim().split('\n');
    const server = await processOfTest(
      {
        ...Object.fromEntries(settings.map((line) => line.split(/=(.*)/s))),
        DATA_DIR: join(folder, 'lib/4001'),
        ARGON2_MEMORY_KIB: '19456',
        ARGON2_TIME: '2',
        SHUTDOWN_DELAY_SECONDS: '0',
      },
      join(folder, 'opt/current/dist/main.cjs'),
    );
    const ask = (host: string, path: string, given = {}) =>
      exchange(server.url, {
        ...given,
        path,
        headers: { host, 'content-type': 'application/json' },
      });
    expect((await ask('balancer', '/readyz')).status).toBe(200);
    expect((await ask('balancer', '/graphql?query={__typename}')).status).toBe(421);
    const body = JSON.stringify({ username: 'admin', password });
    const path = '/compat/dumb/api/auth/login';
    const signedIn = await ask('accounts.example.com', path, { method: 'POST', body });
    // The password is good for choosing another one.
    expect(signedIn).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
    expect(await server.stop()).toMatchObject({ code: 0, errors: '' });
  });

  it('keeps the secrets from other users of the machine', () => {
    const modeOf = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
    for (const name of ['secret-key', 'database-url', 'vestibule.env']) {
      expect([name, modeOf(`etc/${name}`)]).toEqual([name, '640']);
    }
    for (const name of ['password', 'owner-password', 'owner-database-url']) {
      expect([name, modeOf(`etc/${name}`)]).toEqual([name, '600']);
    }
    expect(modeOf('etc')).toBe('750');
  });

  it('lets the user of the server read the files of the server', () => {
    expectDone(`test -z "$(find ${folder}/opt -not -type l -not -perm -o=r)"`);
    expectDone(`test -z "$(find ${folder}/opt -type d -not -perm -o=x)"`);
  });

  it('gives the server a role that reads and writes rows and can do nothing else', async () => {
    const url = urlIn('database-url');
    const rights = 'rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls';
    for (const name of ['vestibule', 'vestibule_owner']) {
      const sql = `SELECT ${rights} FROM pg_roles WHERE rolname = '${name}'`;
      const [has] = await querying(url, sql);
      expect(new Set(Object.values(has ?? {}))).toEqual(new Set([false]));
    }
    for (const sql of [
      'CREATE TABLE more (id int)',
      'CREATE SCHEMA more',
      'CREATE TEMPORARY TABLE more (id int)',
      'DROP TABLE "Session"',
      'TRUNCATE "Session"',
      'ALTER TABLE "Session" DISABLE TRIGGER ALL',
      'CREATE DATABASE more',
      `COPY (SELECT 1) TO PROGRAM 'true'`,
    ]) {
      await expect(querying(url, sql), sql).rejects.toThrow(/permission denied|must be/);
    }
    expect(await querying(url, 'DELETE FROM "Session" RETURNING id')).toEqual(expect.any(Array));
  });

  it('says what each sslmode does', async () => {
    const [, password] = /:([0-9a-f]+)@/.exec(urlIn('database-url')) ?? [];
    const ca = `sslrootcert=${join(folder, 'etc/postgresql-ca.crt')}`;
    const connect = (host: string, ...options: string[]) =>
      querying(
        `postgresql://vestibule:${password}@${host}:${database.port}/vestibule?${options.join('&')}`,
        'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      );
    for (const options of [[], ['sslmode=disable']]) {
      await expect(connect('localhost', ...options)).rejects.toThrow(/no encryption/);
    }
    expect(await connect('127.0.0.1', 'sslmode=no-verify')).toEqual([{ ssl: true }]);
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      const sslmode = `sslmode=${mode}`;
      expect(await connect('localhost', sslmode, ca)).toEqual([{ ssl: true }]);
      await expect(connect('localhost', sslmode)).rejects.toThrow(/certificate/);
      await expect(connect('127.0.0.1', sslmode, ca)).rejects.toThrow(/altnames/);
    }
  });

  it('makes the secrets of compose.yaml, with a role that is no superuser', async () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(checkout);
    expectDone(blockOf('compose-secrets') + blockOf('compose-settings'), checkout);
    const compose = readFileSync('compose.yaml', 'utf8');
    const files = [...compose.matchAll(/^ {4}(?:env_)?file: (\S+)$/gm)].map(([, file]) => file!);
    expect(files).toHaveLength(5);
    for (const file of files)
      expect([file, existsSync(join(checkout, file))]).toEqual([file, true]);

    const admin = `postgresql://postgres:${encodeURIComponent(database.superuserPassword)}@localhost:${database.port}/postgres?sslmode=verify-full&sslrootcert=${join(folder, 'etc/postgresql-ca.crt')}`;
    await querying(admin, 'ALTER DATABASE vestibule RENAME TO before');
    await querying(admin, 'ALTER ROLE vestibule RENAME TO before');
    const script = readFileSync('docker/create-role.sh', 'utf8');
    const connection = `PGHOST=localhost PGPORT=${database.port} POSTGRES_USER=postgres`;
    expectDone(
      `export ${connection}\n${script.replace('/run/secrets/database_password', join(checkout, 'secrets/database-password'))}`,
    );
    const url = readFileSync(join(checkout, 'secrets/database-url'), 'utf8')
      .trim()
      .replace('@database/', `@localhost:${database.port}/`);
    const sql = 'SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user';
    const own = `${url}?sslmode=verify-full&sslrootcert=${join(folder, 'etc/postgresql-ca.crt')}`;
    expect(await querying(own, sql)).toEqual([{ rolsuper: false, rolcreatedb: false }]);
    await querying(own, 'CREATE TABLE more (id int)');
  });
});

describe('the unit file of docs/operate/install.md', () => {
  it.skipIf(!existsSync(SYSTEMD_ANALYZE))('is right by systemd', () => {
    const units = mkdtempSync(join(FOLDERS, 'vestibule-units-'));
    const file = join(units, 'vestibule@.service');
    writeFileSync(file, blockOf('unit', { '/usr/bin/node': process.execPath }));
    const { status, stdout, stderr } = spawnSync(SYSTEMD_ANALYZE, ['verify', file], {
      encoding: 'utf8',
    });
    rmSync(units, { recursive: true });
    expect([status, stdout + stderr]).toEqual([0, '']);
  });

  it('leaves the server time to stop', () => {
    const { shutdownDelaySeconds, drainSeconds } = loadConfig({});
    const needed = shutdownDelaySeconds + drainSeconds;
    const [, unit] = /^TimeoutStopSec=(\d+)s$/m.exec(blockOf('unit')) ?? [];
    expect(Number(unit)).toBeGreaterThan(needed);
    const compose = readFileSync('compose.yaml', 'utf8');
    const [, container] = /stop_grace_period: (\d+)s/.exec(compose) ?? [];
    expect(Number(container)).toBeGreaterThan(needed);
  });
});
