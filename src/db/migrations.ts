import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseError } from './errors.ts';
import type { Provider } from './url.ts';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the SQL, which is what `_prisma_migrations` keeps. */
  readonly checksum: string;
}

/** A row of `_prisma_migrations`. */
export interface MigrationRecord {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

// The same from src/db and from dist/chunks.
const migrationsDirectory = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** Where the migrations for a kind of database stand. */
export function historyDirectory(provider: Provider): string {
  return join(migrationsDirectory, provider);
}

/** Reads a history in the order in which it applies. */
export async function readHistory(directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readMigration(directory, name)));
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

/** Whether everything is applied. Migrations of a newer release may be there too. */
export function isUpToDate(
  history: readonly Migration[],
  records: readonly MigrationRecord[],
): boolean {
  const applied = new Map(
    records.filter((record) => record.finished).map((row) => [row.migration_name, row.checksum]),
  );
  return (
    records.every((record) => record.finished) &&
    history.every(({ name, checksum }) => applied.get(name) === checksum)
  );
}

/** Throws where a history cannot go on from what the database has. */
export function assertCanContinue(
  history: readonly Migration[],
  records: readonly MigrationRecord[],
): void {
  const broken = records.find((record) => !record.finished);
  if (broken !== undefined) {
    throw new DatabaseError(
      `Migration ${broken.migration_name} was interrupted. Restore the database from before it; or, if you ` +
        `know that nothing of it was applied, delete its row from _prisma_migrations and start again.`,
    );
  }
  const checksums = new Map(history.map(({ name, checksum }) => [name, checksum]));
  const edited = records.find((record) => {
    const known = checksums.get(record.migration_name);
    return known !== undefined && known !== record.checksum;
  });
  if (edited !== undefined) {
    throw new DatabaseError(
      `Migration ${edited.migration_name} is not the one that was applied to this database: its file was changed since.`,
    );
  }
}
