import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { DatabaseError } from './errors.ts';
import type { MigrationRecord } from './migrations.ts';
import type { DatabaseTarget } from './url.ts';

/** What migrating needs from a database beside the schema engine. */
export interface MigrationSession {
  readRecords(): Promise<readonly MigrationRecord[]>;
  /** Takes the lock under which one process migrates; false while another holds it. */
  tryLock(): Promise<boolean>;
  schemaAdapter(): SqlMigrationAwareDriverAdapterFactory;
  /** Gives the lock back too. */
  close(): Promise<void>;
}

const RECORDS = `
  SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
  FROM _prisma_migrations WHERE rolled_back_at IS NULL`;

/** Any constant, the same in every release. */
const ADVISORY_LOCK = 7_836_501_172;

/** Opens a database for migrating; creates the file of a SQLite one. */
export function openMigrationSession(target: DatabaseTarget): Promise<MigrationSession> {
  return target.provider === 'sqlite'
    ? openSqliteSession(target.file)
    : openServerSession(target.url);
}

async function openServerSession(url: string): Promise<MigrationSession> {
  const [{ openPostgresql }, { postgresqlSchemaAdapter }] = await Promise.all([
    import('./postgresql.ts'),
    import('./postgresql-schema.ts'),
  ]);
  const client = await openPostgresql(url);
  return {
    readRecords: async () => {
      const table = await client.query<{ name: string | null }>(
        `SELECT to_regclass('_prisma_migrations') AS name`,
      );
      if (table.rows[0]?.name === null) return [];
      return (await client.query<MigrationRecord>(RECORDS)).rows;
    },
    // Asked again and again: a session that waits inside the server would itself block
    // CREATE INDEX CONCURRENTLY in the session that it waits for.
    tryLock: async () => {
      const { rows } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(${ADVISORY_LOCK}) AS taken`,
      );
      return rows[0]?.taken === true;
    },
    schemaAdapter: () => postgresqlSchemaAdapter(url),
    close: () => client.end(),
  };
}

async function openSqliteSession(file: string): Promise<MigrationSession> {
  const { openSqlite, openSqliteLock, sqliteSchemaAdapter } = await import('./sqlite.ts');
  const connection = openSqliteFile(() => openSqlite(file), file);
  let lock: ReturnType<typeof openSqliteLock>;
  return {
    readRecords: async () => {
      const table = connection.prepare(
        `SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`,
      );
      if (table.all().length === 0) return [];
      const rows = connection.prepare(RECORDS).all() as (MigrationRecord & { finished: unknown })[];
      return rows.map((row) => ({ ...row, finished: Boolean(row.finished) }));
    },
    tryLock: async () => {
      lock ??= openSqliteLock(file);
      return lock !== undefined;
    },
    schemaAdapter: () => sqliteSchemaAdapter(file),
    close: async () => {
      connection.close();
      lock?.close();
    },
  };
}

function openSqliteFile<T>(open: () => T, file: string): T {
  try {
    return open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseError(`Cannot use the SQLite database ${file}: ${reason}`, { cause: error });
  }
}
