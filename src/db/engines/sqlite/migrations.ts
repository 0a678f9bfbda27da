import type Connection from 'libsql';
import { DatabaseError } from '../../errors.ts';
import { type MigrationSession, RECORDS, type Schema } from '../../migrate/session.ts';
import {
  APPLIED_BY_THIS_RELEASE,
  type Migration,
  type MigrationRecord,
} from '../../migrate/history.ts';
import { openSqlite, openSqliteLock, runScript } from './database.ts';
import { isBusy } from './lock.ts';

// The table and its values as Prisma Migrate writes them.
const TABLE = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
  )`;
const NOW = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;
const UUID = `lower(format('%s-%s-4%s-a%s-%s', hex(randomblob(4)), hex(randomblob(2)),
  substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))`;
const RECORD = `
  INSERT INTO "_prisma_migrations"
    ("id", "migration_name", "checksum", "logs", "started_at", "finished_at", "applied_steps_count")
  VALUES (${UUID}, ?, ?, ?, ?, ${NOW}, 1)`;
const UNFINISHED = `"migration_name" = ? AND "finished_at" IS NULL AND "rolled_back_at" IS NULL`;
const SETTLE = {
  applied: `UPDATE "_prisma_migrations" SET "finished_at" = ${NOW}, "applied_steps_count" = 1, "checksum" = ? WHERE ${UNFINISHED}`,
  'rolled back': `UPDATE "_prisma_migrations" SET "rolled_back_at" = ${NOW}, "checksum" = ? WHERE ${UNFINISHED}`,
} as const;

const SCHEMA = `
  SELECT format('column %s.%s %s %d %s %d %d', t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden)
  FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name <> '_prisma_migrations'
  UNION ALL
  SELECT format('reference %s.%s %s.%s %s %s', t.name, f."from", f."table", f."to", f.on_update, f.on_delete)
  FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
  UNION ALL
  SELECT format('%s %s %s', type, name, sql) FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL`;

export function openSqliteMigrations(file: string): MigrationSession {
  const connection = openFile(file);
  let lock: Connection.Database | undefined;
  return {
    readRecords: async () => readRecords(connection),
    tryLock: async () => {
      lock ??= openSqliteLock(file);
      return lock !== undefined;
    },
    lockHolder: async () => undefined,
    prepare: async () => void connection.exec(TABLE),
    tryApply: async (migration) => tryApply(connection, migration),
    settle: async ({ name, checksum }, as) => {
      connection.prepare(SETTLE[as]).run(checksum, name);
    },
    readSchema: async () => readSchema(connection),
    replay: async (history, next) => replay(history, next),
    close: async () => {
      connection.close();
      lock?.close();
    },
  };
}

function openFile(file: string): Connection.Database {
  try {
    return openSqlite(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseError(`Cannot use the SQLite database ${file}: ${reason}`, { cause: error });
  }
}

function readRecords(connection: Connection.Database): readonly MigrationRecord[] {
  const table = connection.prepare(`SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`);
  if (table.all().length === 0) return [];
  const rows = connection.prepare(RECORDS).all() as (MigrationRecord & { finished: unknown })[];
  return rows.map((row) => ({ ...row, finished: Boolean(row.finished) }));
}

function tryApply(connection: Connection.Database, { name, sql, checksum }: Migration): boolean {
  const [[startedAt]] = connection.prepare(`SELECT ${NOW}`).raw(true).all() as [[number]];
  const record = connection.prepare(RECORD);
  try {
    runScript(connection, sql, () => {
      record.run(name, checksum, APPLIED_BY_THIS_RELEASE, startedAt);
    });
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

function replay(history: readonly Migration[], next: Migration) {
  const connection = openSqlite(':memory:');
  try {
    for (const { sql } of history) runScript(connection, sql);
    const before = readSchema(connection);
    runScript(connection, next.sql);
    return { before, after: readSchema(connection) };
  } finally {
    connection.close();
  }
}

function readSchema(connection: Connection.Database): Schema {
  const rows = connection.prepare(SCHEMA).raw(true).all() as [string][];
  return new Set(rows.map(([line]) => line));
}
