import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../src/db/migrate/migrate.ts';
import type { Schema } from '../../src/db/migrate/session.ts';
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { engineOf } from '../../src/db/engines/of-url.ts';
import type { Provider } from '../../src/db/engines/engine.ts';
import { createEmptyDatabase } from './database.ts';
import { copyMigrations } from './histories.ts';
import { INSTALLATION, run, startProcess } from './process.ts';

/** A start of the server that a signal ends at a random moment, and the start after it. */
interface InterruptedStart {
  readonly provider: Provider;
  readonly from: 'an empty database' | 'an older release';
  readonly signal: 'SIGKILL' | 'SIGTERM';
}

interface Outcome {
  /** Whether the signal came when some migrations were applied and others were not. */
  readonly wasMidway: boolean;
  /** What is wrong after the next start, a line each. */
  readonly faults: readonly string[];
}

export interface InterruptedStarts {
  readonly once: (start: Omit<InterruptedStart, 'provider'>) => Promise<Outcome>;
  readonly close: () => Promise<void>;
}

const STOPPING = '"msg":"stopping after the migration under way"';
const STOPPED = '"msg":"stopped"';
/** A start that a signal ends is over long before, on a busy machine too. */
const STUCK_MS = 30_000;
const MIGRATED = /"msg":"migrated"/g;

/** @param script the server whose start is interrupted; the next start is one of this checkout. */
export async function openInterruptedStarts(
  provider: Provider,
  script?: string,
): Promise<InterruptedStarts> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-starts-'));
  const names = (await readHistory(historyDirectory(provider))).map(({ name }) => name);
  const database = provider === 'sqlite' ? undefined : await createEmptyDatabase(provider);
  let rounds = 0;

  /** An installation with the first migrations of the history. */
  const install = async (applied: number) => {
    const DATA_DIR = join(folder, String(rounds++));
    const DATABASE_URL = database?.url ?? `file:${DATA_DIR}/vestibule.db`;
    if (database) await empty(database.url);
    const older = join(DATA_DIR, 'older');
    await copyMigrations(older, provider, names.slice(0, applied));
    if (applied > 0) await migrate(DATABASE_URL, { directory: older });
    return { ...INSTALLATION, DATABASE_URL, DATA_DIR };
  };

  const whole = await install(names.length);
  const expected = (await look(whole.DATABASE_URL)).schema;
  const begun = performance.now();
  await (await startProcess(await install(0), script)).stop('SIGKILL');
  const startMs = performance.now() - begun;

  return {
    once: async ({ from, signal }) => {
      const applied = from === 'an empty database' ? 0 : below(names.length - 1) + 1;
      const env = await install(applied);
      const server = run(env, script);
      await Promise.race([server.ended, randomMoment(server.output, names.length - applied)]);
      const stuck = setTimeout(() => void server.stop('SIGKILL'), STUCK_MS);
      const { code, output, errors } = await server.stop(signal);
      clearTimeout(stuck);
      const count = (await look(env.DATABASE_URL)).finished.length;
      const isStopped = output.includes(STOPPED) ? code === 0 : !output.includes(STOPPING);
      const isStuck = signal === 'SIGTERM' && server.child.signalCode === 'SIGKILL';
      const isClean = errors === '' && isStopped && !isStuck;
      const faults = await faultsOfNextStart(env, expected, names);
      return {
        wasMidway: count > applied && count < names.length,
        faults: isClean ? faults : [`the start ended with ${code}: ${output}${errors}`, ...faults],
      };
    },
    close: async () => {
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  /** Any moment of a start, or one after a migration that was applied. */
  async function randomMoment(output: () => string, migrations: number): Promise<void> {
    if (script !== undefined || Math.random() < 0.5) {
      await sleep(Math.random() * startMs);
      return;
    }
    const goal = below(migrations) + 1;
    while ((output().match(MIGRATED) ?? []).length < goal) await sleep(1);
    await sleep(Math.random() * 20);
  }
}

async function faultsOfNextStart(
  env: Readonly<Record<string, string>> & { readonly DATABASE_URL: string },
  expected: Schema,
  names: readonly string[],
): Promise<readonly string[]> {
  try {
    await (await startProcess(env)).stop('SIGKILL');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const { schema, finished, unfinished } = await look(env.DATABASE_URL);
  return [
    ...[...expected].filter((line) => !schema.has(line)).map((line) => `lacks ${line}`),
    ...[...schema].filter((line) => !expected.has(line)).map((line) => `has ${line}`),
    ...(finished.join() === names.join() ? [] : [`recorded ${finished.join()}`]),
    ...unfinished.map((name) => `unfinished ${name}`),
  ];
}

async function look(databaseUrl: string) {
  const session = await engineOf(databaseUrl).migrations(databaseUrl);
  try {
    const records = await session.readRecords();
    const named = (isFinished: boolean) =>
      records.filter((row) => row.finished === isFinished).map((row) => row.migration_name);
    return {
      schema: await session.readSchema(),
      finished: named(true).sort(),
      unfinished: named(false),
    };
  } finally {
    await session.close();
  }
}

/** Quicker than another database. */
async function empty(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.end();
}

function below(count: number): number {
  return Math.floor(Math.random() * count);
}
