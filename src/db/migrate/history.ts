import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../../core/version.ts';
import { DatabaseError } from '../errors.ts';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the SQL, which is what `_prisma_migrations` keeps. */
  readonly checksum: string;
}

/** A row of `_prisma_migrations` that was not rolled back. */
export interface MigrationRecord {
  readonly migration_name: string;
  readonly checksum: string;
  /** False from a release that recorded a migration before it was applied, and was interrupted. */
  readonly finished: boolean;
  /** 1 once the SQL of the migration was committed. */
  readonly applied_steps_count: number;
  /** What applied it, where that is known. */
  readonly logs: string | null;
}

/** A history and a database side by side. */
export interface HistoryState {
  /** What the database lacks, in the order in which it applies. */
  readonly pending: readonly Migration[];
  readonly interrupted: readonly MigrationRecord[];
  /** Applied to the database, and no part of the history. */
  readonly unknown: readonly MigrationRecord[];
}

const APPLIED_BY = 'applied by ';
/** What the column `logs` of `_prisma_migrations` says of a migration that this release applies. */
export const APPLIED_BY_THIS_RELEASE = `${APPLIED_BY}Vestibule ${VERSION}`;

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

/** Compares a history with what was applied; throws where an applied migration was edited since. */
export function compareHistory(
  history: readonly Migration[],
  records: readonly MigrationRecord[],
): HistoryState {
  const known = new Map(history.map((migration) => [migration.name, migration]));
  const finished = records.filter((record) => record.finished);
  const edited = finished.find(({ migration_name: name, checksum }) => {
    const migration = known.get(name);
    return migration !== undefined && migration.checksum !== checksum;
  });
  if (edited !== undefined) {
    throw new DatabaseError(
      `Migration ${edited.migration_name} is not the one that was applied to this database: its file was changed since.`,
    );
  }
  const applied = new Set(finished.map((record) => record.migration_name));
  return {
    pending: history.filter(({ name }) => !applied.has(name)),
    interrupted: records.filter((record) => !record.finished),
    unknown: records.filter((record) => !known.has(record.migration_name)),
  };
}

/**
 * Throws where the database has migrations that this release does not know. `allowNewer` lets that be where
 * the database lacks nothing: an older release after one that only added to the schema.
 */
export function assertKnown(
  history: readonly Migration[],
  { unknown, pending }: HistoryState,
  allowNewer: boolean,
): void {
  if (unknown.length === 0 || (allowNewer && pending.length === 0)) return;
  const release = `this release (Vestibule ${VERSION}, up to ${history.at(-1)?.name ?? 'no migration'})`;
  const theirs = unknown.map(describeRecord).join(', ');
  throw new DatabaseError(
    pending.length === 0
      ? `The database is newer than ${release}: it has ${theirs}; start the newer release, or go back as docs/operate/upgrade.md says.`
      : `The database is of another release than ${release}: it has ${theirs} and lacks ${pending.map(({ name }) => name).join(', ')}; start the release that it is of.`,
  );
}

/** A migration and the release that applied it, where that is known. */
export function describeRecord({ migration_name: name, logs }: MigrationRecord): string {
  return logs?.startsWith(APPLIED_BY) ? `${name} of ${logs.slice(APPLIED_BY.length)}` : name;
}
