import type { Migration, MigrationRecord } from './history.ts';

/** What migrating needs from a database. All of it happens on one connection, the one that has the lock. */
export interface MigrationSession {
  readonly readRecords: () => Promise<readonly MigrationRecord[]>;
  /** Takes the lock under which one process migrates; false while another has it. It ends with the process. */
  readonly tryLock: () => Promise<boolean>;
  /** Names the process that has the lock, where the database can tell. */
  readonly lockHolder: () => Promise<string | undefined>;
  /** Makes `_prisma_migrations` unless it is there. */
  readonly prepare: () => Promise<void>;
  /** Applies and records a migration in one transaction; false, and nothing done, where a table is locked. */
  readonly tryApply: (migration: Migration) => Promise<boolean>;
  /** Records the end of an interrupted migration, whose file may be another one since. */
  readonly settle: (migration: Settled, as: Settlement) => Promise<void>;
  /** The schema as it is, a line for each column, index, constraint, type, function and trigger. */
  readonly readSchema: () => Promise<Schema>;
  /**
   * The schema that a history gives, and the same with one more migration, both made elsewhere; undefined
   * where they cannot be made, as by a role that may not.
   */
  readonly replay: (
    history: readonly Migration[],
    next: Migration,
  ) => Promise<{ readonly before: Schema; readonly after: Schema } | undefined>;
  /** Gives the lock back too. */
  readonly close: () => Promise<void>;
}

export type Schema = ReadonlySet<string>;
type Settled = Pick<Migration, 'name' | 'checksum'>;
export type Settlement = 'applied' | 'rolled back';

export const RECORDS = `
  SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count, logs
  FROM _prisma_migrations WHERE rolled_back_at IS NULL`;
