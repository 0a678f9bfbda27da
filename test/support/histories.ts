import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { postgresqlSchemaAdapter } from '../../scripts/postgresql-schema.ts';
import { openSchemaEngine, type SchemaEngine } from '../../scripts/schema-engine.ts';
import { sqliteSchemaAdapter } from '../../scripts/sqlite-schema.ts';
import type { MigrationSession } from '../../src/db/migrate/session.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { engineOf } from '../../src/db/engines/of-url.ts';
import type { Provider } from '../../src/db/engines/engine.ts';
import { createEmptyDatabase } from './database.ts';

/** A database of one test with nothing in it. */
export async function emptyDatabase(provider: Provider): Promise<string> {
  const { url, drop } = await createEmptyDatabase(provider);
  onTestFinished(drop);
  return url;
}

/** A folder with a history of a test's own. */
export async function historyOf(migrations: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vestibule-history-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, sql] of Object.entries(migrations)) await writeMigration(directory, name, sql);
  return directory;
}

export async function writeMigration(directory: string, name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

/** Adds migrations of the project to a history. */
export async function copyMigrations(
  directory: string,
  provider: Provider,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await cp(join(historyDirectory(provider), name), join(directory, name), { recursive: true });
  }
}

/** Prisma Migrate itself, over a database. */
export async function schemaEngine(url: string): Promise<SchemaEngine> {
  const { name, files } = engineOf(url);
  const [file] = files(url);
  const adapter = file === undefined ? postgresqlSchemaAdapter(url) : sqliteSchemaAdapter(file);
  const engine = await openSchemaEngine(name, adapter);
  onTestFinished(() => engine.close());
  return engine;
}

export async function migrationSession(url: string): Promise<MigrationSession> {
  const session = await engineOf(url).migrations(url);
  onTestFinished(() => session.close());
  return session;
}
