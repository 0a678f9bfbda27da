import pg from 'pg';
import { DatabaseError } from '../../errors.ts';
import { type MigrationSession, RECORDS, type Schema } from '../../migrate/session.ts';
import {
  APPLIED_BY_THIS_RELEASE,
  type Migration,
  type MigrationRecord,
} from '../../migrate/history.ts';
import { openPostgresql } from './database.ts';

/** Any constant, the same in every release; and that of Prisma Migrate, which older releases migrated with. */
const LOCKS = [7_836_501_172, 72_707_369];
/** A statement that waits for a lock holds up every later query of its table. */
const LOCK_TIMEOUT_MS = 5000;
const LOCK_NOT_AVAILABLE = '55P03';
const APPLICATION = 'vestibule migrations';
const SCRATCH = 'vestibule_scratch';

/** A migration has no time limit, whatever the role says of other statements. */
const NO_LIMIT = 'SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0';
/**
 * The server notices within a second that the process is gone, and within half a minute that its machine is,
 * and gives the lock back.
 */
const NOTICE_THE_END = `
  SET client_connection_check_interval = '1s'; SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4`;
const HOLDER = `
  SELECT format('process %s of the server%s', pid, ', connected from ' || host(client_addr)) AS holder
  FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = $1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

// The table and its values as Prisma Migrate writes them.
const TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
  )`;
const RECORD = `
  INSERT INTO _prisma_migrations
    (id, migration_name, checksum, logs, started_at, finished_at, applied_steps_count)
  VALUES (gen_random_uuid(), $1, $2, $3, now(), clock_timestamp(), 1)`;
const UNFINISHED = 'migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL';
const SETTLE = {
  applied: `UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1, checksum = $2 WHERE ${UNFINISHED}`,
  'rolled back': `UPDATE _prisma_migrations SET rolled_back_at = now(), checksum = $2 WHERE ${UNFINISHED}`,
} as const;

const SCHEMA = `
  WITH own AS (
    SELECT oid, relname, relkind FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname <> '_prisma_migrations'
  )
  SELECT format('column %s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
    pg_get_expr(adbin, adrelid)) AS line
  FROM own JOIN pg_attribute a ON a.attrelid = own.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(indexrelid, 0, true)) FROM own JOIN pg_index ON indrelid = own.oid
  UNION ALL
  SELECT format('constraint %s.%s %s', relname, conname, pg_get_constraintdef(c.oid, true))
  FROM own JOIN pg_constraint c ON conrelid = own.oid
  UNION ALL
  SELECT format('trigger %s %s', pg_get_triggerdef(t.oid, true), tgenabled)
  FROM own JOIN pg_trigger t ON tgrelid = own.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT format('enum %s %s', typname, string_agg(enumlabel, ',' ORDER BY enumsortorder))
  FROM pg_type t JOIN pg_enum e ON enumtypid = t.oid
  WHERE typnamespace = current_schema()::regnamespace GROUP BY typname
  UNION ALL
  SELECT format('function %s(%s) %s %s', proname, pg_get_function_identity_arguments(oid), prorettype::regtype, prosrc)
  FROM pg_proc WHERE pronamespace = current_schema()::regnamespace`;

export async function openPostgresqlMigrations(url: string): Promise<MigrationSession> {
  const client = await openPostgresql(url, { query_timeout: 0, application_name: APPLICATION });
  await client.query(NO_LIMIT);
  // Servers before 14, and those on some systems, do not know all of it.
  await client.query(NOTICE_THE_END).catch(() => undefined);
  const locks = [...LOCKS];
  return {
    readRecords: () => readRecords(client),
    // Asked again and again: a session that waits inside the server cannot be told to stop.
    tryLock: async () => {
      for (; locks.length > 0; locks.shift()) {
        if (!(await tryAdvisoryLock(client, locks[0]!))) return false;
      }
      return true;
    },
    lockHolder: async () => {
      const { rows } = await client.query<{ holder: string }>(HOLDER, [locks[0]]);
      return rows[0]?.holder;
    },
    prepare: async () => void (await client.query(TABLE)),
    tryApply: (migration) => tryApply(client, migration),
    settle: async ({ name, checksum }, as) => {
      await client.query(SETTLE[as], [name, checksum]);
    },
    readSchema: () => readSchema(client),
    replay: (history, next) => replay(client, history, next),
    close: () => client.end(),
  };
}

async function readRecords(client: pg.Client): Promise<readonly MigrationRecord[]> {
  const { rows } = await client.query<{ name: string | null }>(
    `SELECT to_regclass('_prisma_migrations') AS name`,
  );
  if (rows[0]?.name === null) return [];
  return (await client.query<MigrationRecord>(RECORDS)).rows;
}

async function tryAdvisoryLock(client: pg.Client, key: number): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(${key}) AS taken`,
  );
  return rows[0]?.taken === true;
}

async function tryApply(client: pg.Client, migration: Migration): Promise<boolean> {
  const { name, sql, checksum } = migration;
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(sql);
    await client.query(RECORD, [name, checksum, APPLIED_BY_THIS_RELEASE]);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    // Where the connection broke the server does so itself.
    await client.query('ROLLBACK').catch(() => undefined);
    if (error instanceof pg.DatabaseError) {
      if (error.code === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseError(
      `The database was lost in migration ${name}, and the next start goes on from there: ${reason}`,
      { cause: error },
    );
  }
}

/** In a schema of its own, in a transaction that leaves nothing behind. */
async function replay(client: pg.Client, history: readonly Migration[], next: Migration) {
  await client.query('BEGIN');
  try {
    await client.query(`CREATE SCHEMA ${SCRATCH}; SET LOCAL search_path TO ${SCRATCH}`);
    for (const { sql } of history) await client.query(sql);
    const before = await readSchema(client);
    await client.query(next.sql);
    return { before, after: await readSchema(client) };
  } catch (error) {
    if (error instanceof pg.DatabaseError) return undefined;
    throw error;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

async function readSchema(client: pg.Client): Promise<Schema> {
  const { rows } = await client.query<{ line: string }>(SCHEMA);
  return new Set(rows.map(({ line }) => line));
}
