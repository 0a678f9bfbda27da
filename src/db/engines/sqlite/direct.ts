import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '@prisma/client/runtime/client';
import type Connection from 'libsql';
import { bytesOfTexts, createCache } from '../../../adapters/cache.ts';
import type { Stop } from '../../../adapters/stop.ts';
import type { DirectDriver } from '../../direct.ts';
import { type Row, runNow, type Script } from '../../script.ts';
import { createRowReader, createRowsReader, nameIn } from '../row-reader.ts';
import { ofColumns } from './columns.ts';
import { isBusy, PAUSE_MS } from './lock.ts';
import { toSqlite, type Value } from './value.ts';

/** Runs a statement and answers its rows. */
type Run = (statement: Sql) => Row[];

/** A write of one request: all of it happens or nothing. */
interface Unit {
  readonly work: Sql | Script;
  readonly signal: Stop | undefined;
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface SqliteOptions {
  /** How long a write waits for another process that has the file locked. */
  readonly lockMs: number;
  /** Told of every error. */
  readonly onError: (error: unknown) => void;
}

export interface SqliteDirect extends DirectDriver {
  /** Runs what has waited for a transaction of Prisma's to end. */
  readonly resume: () => void;
  /** Gives free pages back to the file system, some at once. Returns how many. */
  readonly giveBack: () => Promise<number>;
  /** Writes the whole file anew without its free pages; from then on it can give pages back one by one. */
  readonly vacuum: () => Promise<void>;
}

/** What SQLite keeps of a prepared statement beside its text. */
const STATEMENT_BYTES = 8192;
/** Half a millisecond, and less than a megabyte. */
const PAGES_AT_ONCE = 200;
/** The prepared statements that are kept: their texts differ by the length of a list. */
export const STATEMENTS = {
  entries: 500,
  bytes: 2 ** 23,
  bytesOf: (_statement: unknown, sql: string) => STATEMENT_BYTES + bytesOfTexts(sql),
} as const;

/** How a column of a declared type is read where it is not as SQLite keeps it. */
const READERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  DATETIME: (value) => new Date(value as number),
  BOOLEAN: (value) => value !== 0,
};

/**
 * Direct statements on the one connection, in the gaps between Prisma's transactions. Writes that come
 * in the same turn of the event loop share a commit, and so the one wait for the disk that a commit is.
 */
export function createSqliteDirect(
  connection: Connection.Database,
  { lockMs, onError }: SqliteOptions,
): SqliteDirect {
  const run = createRunner((sql) => prepare(connection, sql));
  const runList = createRunner((sql) => prepareList(connection, sql));
  const waiting: (() => void)[] = [];
  const units: Unit[] = [];

  const takeUnits = () => units.splice(0);
  const transactionEnd = () => new Promise<void>((go) => waiting.push(go));

  const readBy =
    (runner: Run) =>
    async <T>(query: Sql) => {
      while (connection.inTransaction) await transactionEnd();
      return runner(query) as T[];
    };

  /** Returns false where another transaction stands in the way: of this connection, or of another process. */
  const commitBatch = (isLastTry: boolean) => {
    if (connection.inTransaction) return false;
    let batch: Unit[] = [];
    try {
      connection.exec('BEGIN IMMEDIATE');
      batch = takeUnits();
      const answers = batch.map((unit) => runUnit(connection, run, unit));
      connection.exec('COMMIT');
      for (const answer of answers) answer();
    } catch (error) {
      const hasBegun = batch.length > 0;
      if (!hasBegun && isBusy(error) && !isLastTry) return false;
      if (connection.inTransaction) connection.exec('ROLLBACK');
      for (const { reject } of hasBegun ? batch : takeUnits()) reject(error);
    }
    return true;
  };
  const commitUnits = async () => {
    const last = performance.now() + lockMs;
    while (!commitBatch(performance.now() > last)) {
      await (connection.inTransaction ? transactionEnd() : sleep(PAUSE_MS));
    }
  };

  return {
    read: readBy(run),
    readList: readBy(runList),
    write: <T>(work: Sql | Script, signal: Stop | undefined) =>
      new Promise<T[]>((resolve, reject) => {
        const refuse = (error: unknown) => {
          onError(error);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
          reject(error);
        };
        units.push({ work, signal, resolve: resolve as Unit['resolve'], reject: refuse });
        if (units.length === 1) setImmediate(() => void commitUnits());
      }),
    resume: () => {
      for (const go of waiting.splice(0)) go();
    },
    giveBack: async () => {
      while (connection.inTransaction) await transactionEnd();
      const before = pagesOf(connection);
      // Not prepared: such a statement would take one page a step.
      connection.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
      return before - pagesOf(connection);
    },
    vacuum: async () => {
      while (connection.inTransaction) await transactionEnd();
      connection.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    },
  };
}

function pagesOf(connection: Connection.Database): number {
  const [[count]] = connection.prepare('PRAGMA page_count').raw(true).all() as [[number]];
  return count;
}

/** Runs a unit in the open transaction; what it answers is for after the commit. */
function runUnit(
  connection: Connection.Database,
  run: Run,
  { work, signal, resolve, reject }: Unit,
): () => void {
  connection.exec('SAVEPOINT unit');
  try {
    signal?.throwIfAborted();
    const rows = 'next' in work ? runNow(run, work) : run(work);
    connection.exec('RELEASE unit');
    return () => resolve(rows);
  } catch (error) {
    // A full disk and the like end the whole transaction.
    if (!connection.inTransaction) throw error;
    connection.exec('ROLLBACK TO unit; RELEASE unit');
    return () => reject(error);
  }
}

/** Runs a statement that has been prepared. */
type Execute = (values: readonly Value[]) => Row[];

function createRunner(prepareText: (sql: string) => Execute): Run {
  const known = createCache<Execute>(STATEMENTS);
  return ({ sql, values }) => {
    let execute = known.get(sql);
    if (!execute) known.set(sql, (execute = prepareText(sql)));
    return execute(values as readonly Value[]);
  };
}

function prepare(connection: Connection.Database, sql: string): Execute {
  const statement = connection.prepare(sql);
  const columns = statement.columns();
  if (columns.length === 0) {
    return (values) => {
      statement.run(values.map(toSqlite));
      return [];
    };
  }
  const reader = ofColumns(connection, sql, columns, (given) => createRowReader(readersOf(given)));
  statement.raw(true);
  return (values) => {
    const rows = statement.all(values.map(toSqlite)) as unknown[][];
    return rows.map(reader(rows[0]));
  };
}

function prepareList(connection: Connection.Database, sql: string): Execute {
  const columns = connection.prepare(sql).columns();
  const cells = columns.map((column) => `json_group_array(${nameIn(column)})`).join(', ');
  const statement = connection.prepare(`SELECT json_array(${cells}) FROM (${sql})`);
  const read = createRowsReader(readersOf(columns));
  statement.raw(true);
  return (values) => {
    const [[list]] = statement.all(values.map(toSqlite)) as [[string]];
    return read(JSON.parse(list) as unknown[][]);
  };
}

function readersOf(columns: readonly Connection.ColumnDefinition[]) {
  return columns.map(({ name, type }) => ({ name, read: READERS[type ?? ''] }));
}
