import { DatabaseError } from '../errors.ts';
import type { MigrationSession, Schema, Settlement } from './session.ts';
import type { Migration, MigrationRecord } from './history.ts';

/**
 * Finds out what became of a migration that an older release recorded and did not finish. It ran the script
 * in one transaction, so all of it is there or nothing; the schema tells which.
 */
export async function settleInterrupted(
  session: MigrationSession,
  history: readonly Migration[],
  record: MigrationRecord,
): Promise<Settlement> {
  const { migration_name: name } = record;
  const settlement = await settlementOf(session, history, record);
  if (settlement === undefined) {
    throw new DatabaseError(
      `Migration ${name} was interrupted, and the schema does not tell whether it was applied: if the database ` +
        `has what it makes, run "vestibule migrate resolve --applied ${name}", otherwise ` +
        `"vestibule migrate resolve --rolled-back ${name}", and start again.`,
    );
  }
  await session.settle({ name, checksum: record.checksum }, settlement);
  return settlement;
}

async function settlementOf(
  session: MigrationSession,
  history: readonly Migration[],
  record: MigrationRecord,
): Promise<Settlement | undefined> {
  if (record.applied_steps_count > 0) return 'applied';
  const index = history.findIndex(({ name }) => name === record.migration_name);
  const migration = history[index];
  // Of an edited one the script that was interrupted is not known.
  if (migration === undefined || migration.checksum !== record.checksum) return undefined;
  if (hasNoStatement(migration.sql)) return 'rolled back';
  const replayed = await session.replay(history.slice(0, index), migration);
  if (replayed === undefined) return undefined;
  const { before, after } = replayed;
  const actual = await session.readSchema();
  const [added, removed] = [difference(after, before), difference(before, after)];
  if (added.length + removed.length === 0) return undefined;
  const has = (line: string) => actual.has(line);
  const lacks = (line: string) => !actual.has(line);
  if (added.every(has) && removed.every(lacks)) return 'applied';
  if (added.every(lacks) && removed.every(has)) return 'rolled back';
  return undefined;
}

function difference(one: Schema, other: Schema): readonly string[] {
  return [...one].filter((line) => !other.has(line));
}

function hasNoStatement(sql: string): boolean {
  return sql.split('\n').every((line) => /^\s*(--|$)/.test(line));
}
