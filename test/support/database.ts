import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/db/migrate.ts';
import { historyDirectory, readHistory } from '../../src/db/migrations.ts';
import { openSqlite } from '../../src/db/sqlite.ts';
import type { Provider } from '../../src/db/url.ts';

/** The PostgreSQL server that tests may make databases on; without it they run on SQLite alone. */
export const postgresUrl = process.env['TEST_POSTGRES_URL'];

/** The databases to run `describe.each` over. */
export const providers: readonly Provider[] =
  postgresUrl === undefined ? ['sqlite'] : ['sqlite', 'postgresql'];

/** A database, or three processes over one behind a load balancer. */
export type Stage = Provider | 'three processes';

/** What to run a suite over that has to hold whichever process answers: three on PostgreSQL, one on SQLite. */
export const stages: readonly Stage[] =
  postgresUrl === undefined ? ['sqlite'] : ['sqlite', 'three processes'];

export interface TestDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** A fresh migrated database of one's own: a copy of one that is migrated once. */
export async function createTestDatabase(provider: Provider): Promise<TestDatabase> {
  return provider === 'sqlite'
    ? copySqlite(await sqliteTemplate())
    : createServerDatabase(await serverTemplate());
}

/** A fresh database with nothing in it. */
export async function createEmptyDatabase(provider: Provider): Promise<TestDatabase> {
  return provider === 'sqlite' ? copySqlite(undefined) : createServerDatabase('template1');
}

let sqliteTemplateFile: Promise<string> | undefined;
let serverTemplateName: Promise<string> | undefined;

function sqliteTemplate(): Promise<string> {
  return (sqliteTemplateFile ??= makeSqliteTemplate());
}

function serverTemplate(): Promise<string> {
  return (serverTemplateName ??= makeServerTemplate());
}

/** Named after the history, so that workers and later runs find it and a change makes another. */
async function templateName(provider: Provider): Promise<string> {
  const history = await readHistory(historyDirectory(provider));
  const checksums = history.map(({ checksum }) => checksum).join(' ');
  // PostgreSQL cuts names after 63 bytes: that of two histories would become one.
  return `vestibule_test_${createHash('sha256').update(checksums).digest('hex').slice(0, 32)}`;
}

// Workers may migrate the template at once: migrate() lets one of them do it.
async function makeSqliteTemplate(): Promise<string> {
  const file = join(tmpdir(), `${await templateName('sqlite')}.db`);
  await migrate(`file:${file}`);
  return file;
}

async function makeServerTemplate(): Promise<string> {
  const name = await templateName('postgresql');
  await onServer(async (client) => {
    try {
      await client.query(`CREATE DATABASE "${name}"`);
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined;
      // It is there, or another worker makes it at this moment.
      if (code !== '42P04' && code !== '23505') throw error;
    }
  });
  await migrate(databaseUrl(name));
  return name;
}

async function copySqlite(template: string | undefined): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'vestibule-'));
  const file = join(directory, 'test.db');
  if (template !== undefined) copyWhole(template, file);
  return { url: `file:${file}`, drop: () => rm(directory, { recursive: true, force: true }) };
}

/** Another worker may have parts of the template in its log still, which copying the file would miss. */
function copyWhole(template: string, file: string): void {
  const connection = openSqlite(template);
  connection.exec(`VACUUM INTO '${file}'`);
  connection.close();
}

async function createServerDatabase(template: string): Promise<TestDatabase> {
  const name = `vestibule_${randomUUID()}`;
  await onServer((client) => createFromTemplate(client, name, template));
  return {
    url: databaseUrl(name),
    drop: () =>
      onServer(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      }),
  };
}

/** Tries again while another worker still has its migrating connection to the template open. */
async function createFromTemplate(client: pg.Client, name: string, template: string) {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
      return;
    } catch (error) {
      const inUse = error instanceof pg.DatabaseError && error.code === '55006';
      if (!inUse || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(name: string): string {
  const url = new URL(postgresUrl ?? '');
  url.pathname = name;
  return url.href;
}
