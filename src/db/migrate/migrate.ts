import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../errors.ts';
import { settleInterrupted } from './interrupted.ts';
import type { MigrationSession, Settlement } from './session.ts';
import {
  assertKnown,
  compareHistory,
  describeRecord,
  type HistoryState,
  type Migration,
  readHistory,
} from './history.ts';
import { historyDirectory } from '../history-folder.ts';
import { engineOf } from '../engines/of-url.ts';

export interface MigrateOptions {
  /** Another history than the project's own. */
  readonly directory?: string;
  /** How long to wait for another process that migrates, and for tables that are in use. @default 60000 */
  readonly lockTimeoutMs?: number;
  /** Whether the database may have migrations that this release does not know. @default false */
  readonly allowNewer?: boolean;
  /** Stops between two migrations, or while it waits: then `migrate` rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly onApplied?: (name: string) => void;
  readonly log?: MigrationLog;
}

/** Where a migration says how it goes. */
interface MigrationLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
}

const POLL_MS = 100;
const SILENT: MigrationLog = { info: () => undefined, warn: () => undefined };

/**
 * Brings a database up to date and answers the names of the migrations that were applied. Any number
 * of processes may do so at once: one of them migrates, the others wait. Each migration is one transaction
 * with its record, so a process may end at any moment and the next one goes on from there.
 */
export async function migrate(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> {
  const { allowNewer = false, log = SILENT } = options;
  const { history, session } = await openHistory(databaseUrl, options.directory);
  try {
    const state = compareHistory(history, await session.readRecords());
    assertKnown(history, state, allowNewer);
    if (state.unknown.length > 0) {
      const migrations = state.unknown.map(describeRecord);
      log.warn({ migrations }, 'the database is newer than this release');
    }
    if (isUpToDate(state)) return [];
    await takeLock(session, options);
    return await bringUpToDate(session, history, options);
  } finally {
    await session.close();
  }
}

/** How a database stands to the history of this release. Changes nothing, and makes no database. */
export async function migrationState(
  databaseUrl: string,
): Promise<HistoryState & { readonly history: readonly Migration[] }> {
  const engine = engineOf(databaseUrl);
  if (!engine.exists(databaseUrl)) {
    const history = await readHistory(historyDirectory(engine.name));
    return { history, pending: history, interrupted: [], unknown: [] };
  }
  const { history, session } = await openHistory(databaseUrl);
  try {
    return { history, ...compareHistory(history, await session.readRecords()) };
  } finally {
    await session.close();
  }
}

/** The names of the migrations that a database lacks; throws where it is newer than this release. */
export async function pendingMigrations(
  databaseUrl: string,
  allowNewer = false,
): Promise<readonly string[]> {
  const { history, ...state } = await migrationState(databaseUrl);
  assertKnown(history, state, allowNewer);
  return state.pending.map(({ name }) => name);
}

/** Whether no migration was ever applied to a database. Changes nothing, and makes no database. */
export async function isUntouched(databaseUrl: string): Promise<boolean> {
  const { history, pending, unknown } = await migrationState(databaseUrl);
  return pending.length === history.length && unknown.length === 0;
}

/** Records what became of an interrupted migration where the schema does not tell. */
export async function resolveMigration(
  databaseUrl: string,
  name: string,
  as: Settlement,
  options: MigrateOptions = {},
): Promise<void> {
  const { history, session } = await openHistory(databaseUrl, options.directory);
  try {
    await takeLock(session, options);
    const records = await session.readRecords();
    const record = records.find((row) => row.migration_name === name && !row.finished);
    if (record === undefined) throw new DatabaseError(`No migration ${name} was interrupted.`);
    const { checksum } = history.find((migration) => migration.name === name) ?? record;
    await session.settle({ name, checksum }, as);
  } finally {
    await session.close();
  }
}

async function openHistory(databaseUrl: string, directory?: string) {
  const engine = engineOf(databaseUrl);
  const [history, session] = await Promise.all([
    readHistory(directory ?? historyDirectory(engine.name)),
    engine.migrations(databaseUrl),
  ]);
  return { history, session };
}

function isUpToDate({ pending, interrupted }: HistoryState): boolean {
  return pending.length === 0 && interrupted.length === 0;
}

async function bringUpToDate(
  session: MigrationSession,
  history: readonly Migration[],
  options: MigrateOptions,
): Promise<readonly string[]> {
  const { allowNewer = false, log = SILENT } = options;
  await prepare(session);
  // Another process may have migrated while this one waited.
  const { interrupted } = compareHistory(history, await session.readRecords());
  for (const record of interrupted) {
    const settlement = await settleInterrupted(session, history, record);
    const migration = record.migration_name;
    log.warn({ migration, settlement }, 'found out what became of an interrupted migration');
  }
  const state = compareHistory(history, await session.readRecords());
  assertKnown(history, state, allowNewer);
  for (const migration of state.pending) await apply(session, migration, options);
  return state.pending.map(({ name }) => name);
}

async function prepare(session: MigrationSession): Promise<void> {
  try {
    await session.prepare();
  } catch (error) {
    throw new DatabaseError(`The database cannot be migrated: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function apply(
  session: MigrationSession,
  migration: Migration,
  options: MigrateOptions,
): Promise<void> {
  const { name } = migration;
  const attempt = async () => {
    try {
      return await session.tryApply(migration);
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      throw new DatabaseError(`Migration ${name} failed and was undone: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  };
  await untilDone(attempt, options, {
    waiting: `waiting for tables that migration ${name} changes`,
    gaveUp: async () => `Migration ${name} was undone: the tables that it changes are in use`,
  });
  options.onApplied?.(name);
}

async function takeLock(session: MigrationSession, options: MigrateOptions): Promise<void> {
  await untilDone(session.tryLock, options, {
    waiting: 'waiting for another process that migrates the database',
    gaveUp: async () => {
      const holder = await session.lockHolder();
      return `Another process still migrates the database${holder === undefined ? '' : ` (${holder})`}`;
    },
  });
}

/** Tries until it is done, the time is up, or the process is told to stop. */
async function untilDone(
  attempt: () => Promise<boolean>,
  { lockTimeoutMs = 60_000, signal, log }: MigrateOptions,
  says: { readonly waiting: string; readonly gaveUp: () => Promise<string> },
): Promise<void> {
  const deadline = performance.now() + lockTimeoutMs;
  // Work on a file leaves no turn of the event loop in which a signal arrives.
  await nextTurn();
  signal?.throwIfAborted();
  for (let isFirst = true; !(await attempt()); isFirst = false) {
    if (isFirst) log?.info({}, says.waiting);
    if (performance.now() >= deadline) {
      const seconds = Math.ceil(lockTimeoutMs / 1000);
      throw new DatabaseError(`${await says.gaveUp()} after ${seconds} seconds.`);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? '';
}
