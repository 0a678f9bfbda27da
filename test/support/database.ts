import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { openSqlite } from '../../src/db/engines/sqlite/database.ts';
import type { Provider } from '../../src/db/engines/engine.ts';
import { FOLDERS } from './folders.ts';
import {
  createServerDatabase,
  makeServerTemplate,
  takeServerDatabase,
} from './server-databases.ts';

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
    : takeServerDatabase(await serverTemplate());
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
  return (serverTemplateName ??= templateName('postgresql').then(makeServerTemplate));
}

/** Named after the history, so that workers and later runs find it and a change makes another. */
async function templateName(provider: Provider): Promise<string> {
  const history = await readHistory(historyDirectory(provider));
  const checksums = history.map(({ checksum }) => checksum).join(' ');
  // PostgreSQL cuts names after 63 bytes: that of two histories would become one.
  return `vestibule_test_${createHash('sha256').update(checksums).digest('hex').slice(0, 32)}`;
}

async function makeSqliteTemplate(): Promise<string> {
  const file = join(FOLDERS, `${await templateName('sqlite')}.db`);
  const isThere = await stat(file).catch(() => undefined);
  if (!isThere) await migrateInto(file);
  return file;
}

/** Workers may do so at once: each puts a whole file in place. */
async function migrateInto(file: string): Promise<void> {
  const directory = await mkdtemp(join(FOLDERS, 'vestibule-'));
  const [migrated, whole] = [join(directory, 'migrated.db'), join(directory, 'whole.db')];
  await migrate(`file:${migrated}`);
  const connection = openSqlite(migrated);
  // Of the file itself a copy would miss what is in its log still.
  connection.exec(`VACUUM INTO '${whole}'`);
  connection.close();
  await rename(whole, file);
  await rm(directory, { recursive: true });
}

async function copySqlite(template: string | undefined): Promise<TestDatabase> {
  const directory = await mkdtemp(join(FOLDERS, 'vestibule-'));
  const file = join(directory, 'test.db');
  if (template !== undefined) await copyFile(template, file);
  return { url: `file:${file}`, drop: () => rm(directory, { recursive: true, force: true }) };
}
