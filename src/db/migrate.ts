import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from './errors.ts';
import { type MigrationSession, openMigrationSession } from './migration-session.ts';
import {
  type Migration,
  assertCanContinue,
  historyDirectory,
  isUpToDate,
  readHistory,
} from './migrations.ts';
import { type Provider, parseDatabaseUrl } from './url.ts';

export interface MigrateOptions {
  /** Another history than the project's own. */
  readonly directory?: string;
  /** How long to wait for another process that migrates. @default 60000 */
  readonly lockTimeoutMs?: number;
}

const LOCK_POLL_MS = 100;

/**
 * Brings a database up to date and answers the names of the migrations that were applied. Any number
 * of processes may do so at once: one of them migrates, the others wait.
 */
export async function migrate(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> {
  const target = parseDatabaseUrl(databaseUrl);
  const { provider } = target;
  const [history, session] = await Promise.all([
    readHistory(options.directory ?? historyDirectory(provider)),
    openMigrationSession(target),
  ]);
  try {
    if (isUpToDate(history, await session.readRecords())) return [];
    await takeLock(session, options.lockTimeoutMs ?? 60_000);
    const records = await session.readRecords();
    if (isUpToDate(history, records)) return [];
    assertCanContinue(history, records);
    return await applyPending(session, provider, history);
  } finally {
    await session.close();
  }
}

/** The names of the migrations that a database lacks. Changes nothing, and makes no database. */
export async function pendingMigrations(databaseUrl: string): Promise<readonly string[]> {
  const target = parseDatabaseUrl(databaseUrl);
  const history = await readHistory(historyDirectory(target.provider));
  if (target.provider === 'sqlite' && !existsSync(target.file)) {
    return history.map(({ name }) => name);
  }
  const session = await openMigrationSession(target);
  try {
    const records = await session.readRecords();
    if (!isUpToDate(history, records)) assertCanContinue(history, records);
    const applied = new Set(records.map((record) => record.migration_name));
    return history.map(({ name }) => name).filter((name) => !applied.has(name));
  } finally {
    await session.close();
  }
}

/** Whether no migration was ever applied to a database. Changes nothing, and makes no database. */
export async function isUntouched(databaseUrl: string): Promise<boolean> {
  const history = await readHistory(historyDirectory(parseDatabaseUrl(databaseUrl).provider));
  return (await pendingMigrations(databaseUrl)).length === history.length;
}

async function takeLock(session: MigrationSession, timeoutMs: number): Promise<void> {
  for (let waited = 0; !(await session.tryLock()); waited += LOCK_POLL_MS) {
    if (waited >= timeoutMs) {
      const seconds = Math.ceil(timeoutMs / 1000);
      throw new DatabaseError(
        `Another process still migrates the database after ${seconds} seconds.`,
      );
    }
    await sleep(LOCK_POLL_MS);
  }
}

async function applyPending(
  session: MigrationSession,
  provider: Provider,
  history: readonly Migration[],
): Promise<readonly string[]> {
  // Loaded only now: a start with nothing to apply should not pay for the engine.
  const { openSchemaEngine } = await import('./schema-engine.ts');
  const engine = await openSchemaEngine(provider, session.schemaAdapter());
  try {
    return await engine.applyMigrations(history);
  } catch (error) {
    const failed = (await session.readRecords()).find((record) => !record.finished);
    if (failed === undefined) throw error;
    // A script runs whole or not at all, so after the fault is mended it may be tried again.
    await engine.markRolledBack(failed.migration_name);
    throw new DatabaseError(
      `Migration ${failed.migration_name} failed and was undone: ${reasonOf(error)}`,
      { cause: error },
    );
  } finally {
    await engine.close();
  }
}

/** The engine wraps what the database said in headings and a trace of its own. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const stated =
    message
      .split(/^[ \t]*0: /m)[0]
      ?.split('Database error:')
      .at(-1) ?? message;
  return stated.replace('external connector error', '').trim().split('\n')[0] ?? '';
}
