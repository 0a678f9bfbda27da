import { dirname } from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import Connection from 'libsql';
import { makePrivateFile, makePrivateFolder, takeFile } from '../../../adapters/private-files.ts';
import { createCache } from '../../../adapters/cache.ts';
import { Prisma } from '../../generated/sqlite/client.ts';
import { ofColumns } from './columns.ts';
import { meansNoWrites } from '../../failures.ts';
import type { DatabaseLimits } from '../../limits.ts';
import { createSqliteDirect, type SqliteDirect, type SqliteOptions, STATEMENTS } from './direct.ts';
import { isBusy, WAIT_IN_PLACE_MS, whileLocked } from './lock.ts';
import { toSqlite, type Value } from './value.ts';

type Client = ReturnType<PrismaLibSql['createClient']>;
type Statement = ReturnType<Connection.Database['prepare']>;

export interface Query {
  readonly sql: string;
  readonly args: readonly Value[];
}

interface Prepared {
  readonly statement: Statement;
  readonly returnsRows: boolean;
  /** How the columns of its rows are called and declared, by the first of the rows. */
  readonly describe: (row?: readonly unknown[]) => Description;
}

interface Description {
  readonly columns: readonly string[];
  readonly columnTypes: readonly string[];
}

const BUSY_TIMEOUT_MS = 5000;
/** A row that has to be given new pages, and its end. */
const WRITE_PROBES = [
  Prisma.sql`INSERT INTO "Setting" ("key", "value", "updatedAt")
    VALUES ('write-probe', hex(zeroblob(32768)), 0)
    ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value"`,
  Prisma.sql`DELETE FROM "Setting" WHERE "key" = 'write-probe'`,
];

interface SqliteDatabase {
  readonly adapter: PrismaLibSql;
  readonly direct: SqliteDirect;
  readonly tryWrite: () => Promise<void>;
}

/** One connection to a SQLite file, for Prisma and for direct statements. */
export function sqliteDatabase(
  file: string,
  { limits, onWriteFailure }: { limits: DatabaseLimits; onWriteFailure: () => void },
): SqliteDatabase {
  const connection = openSqlite(file, WAIT_IN_PLACE_MS);
  const onError = (error: unknown) => {
    if (error instanceof Error && 'code' in error && meansNoWrites(String(error.code))) {
      onWriteFailure();
    }
  };
  const options = { lockMs: limits.lockSeconds * 1000, onError };
  const direct = createSqliteDirect(connection, options);
  return {
    adapter: adapterOver(() => createClient(connection, options, direct.resume)),
    direct,
    tryWrite: async () => {
      for (const probe of WRITE_PROBES) await direct.write(probe, undefined);
    },
  };
}

/**
 * The stock client opens a connection for every transaction and leaves the old one open: two file
 * handles leak each time. The adapter queues its work, so one connection is enough for all of it.
 */
export function adapterOver(createClient: PrismaLibSql['createClient']): PrismaLibSql {
  const adapter = new PrismaLibSql({ url: 'file:' }, { timestampFormat: 'unixepoch-ms' });
  adapter.createClient = createClient;
  return adapter;
}

/**
 * Opens one connection with the settings that everything here relies on.
 * @param timeout how long it waits in place for another that has the file locked, in milliseconds
 */
export function openSqlite(file: string, timeout = BUSY_TIMEOUT_MS): Connection.Database {
  if (file !== ':memory:') makePrivate(file);
  const connection = new Connection(file, { timeout });
  connection.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL');
  // Changing the mode fails at once when another process is about to do the same, so only if need be.
  // The first has an effect in a new file alone.
  if (journalMode(connection) === 'delete') {
    connection.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL');
  }
  return connection;
}

/** SQLite gives the files that it makes beside a database the mode of that. */
function makePrivate(file: string): void {
  makePrivateFolder(dirname(file));
  makePrivateFile(file);
  for (const ending of ['', '-wal', '-shm', '-journal', '-migrating']) takeFile(file + ending);
}

/**
 * Takes the lock under which one process migrates a file; undefined while another holds it. It is an
 * open transaction on a file beside it: the system ends it with its process, so it is never stale.
 */
export function openSqliteLock(file: string): Connection.Database | undefined {
  makePrivate(`${file}-migrating`);
  const lock = new Connection(`${file}-migrating`);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

function journalMode(connection: Connection.Database): unknown {
  const [row] = connection.prepare('PRAGMA journal_mode').raw(true).all() as [unknown[]];
  return row[0];
}

/** For a file that nobody else uses. */
const ALONE: SqliteOptions = { lockMs: 0, onError: () => undefined };

export function createClient(
  connection: Connection.Database,
  { lockMs, onError }: SqliteOptions = ALONE,
  onEnd?: () => void,
): Client {
  const prepare = statementCache(connection);
  const told = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      onError(error);
      throw error;
    }
  };
  const run = (query: Query) => told(() => execute(prepare(query.sql), query.args));
  const client = {
    execute: (query: Query) => whileLocked(lockMs, () => run(query)),
    transaction: async () => {
      await whileLocked(lockMs, () => connection.exec('BEGIN IMMEDIATE'));
      return openTransaction(connection, { run, told, onEnd });
    },
    executeMultiple: async (script: string) => runScript(connection, script),
    close: () => {
      connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      connection.close();
    },
  };
  return client as unknown as Client;
}

function statementCache(connection: Connection.Database): (sql: string) => Prepared {
  const cache = createCache<Prepared>(STATEMENTS);
  return (sql) => {
    let prepared = cache.get(sql);
    if (!prepared) cache.set(sql, (prepared = prepareStatement(connection, sql)));
    return prepared;
  };
}

function prepareStatement(connection: Connection.Database, sql: string): Prepared {
  const statement = connection.prepare(sql).safeIntegers(true);
  const given = statement.columns();
  const returnsRows = given.length > 0;
  if (returnsRows) statement.raw(true);
  const describe = ofColumns(connection, sql, given, (columns) => ({
    columns: columns.map((column) => column.name),
    columnTypes: columns.map((column) => column.type ?? ''),
  }));
  return { statement, returnsRows, describe };
}

function execute(prepared: Prepared, args: readonly Value[]): object {
  const { statement, returnsRows, describe } = prepared;
  const bound = args.map(toSqlite);
  if (!returnsRows) {
    return { ...describe(), rows: [], rowsAffected: statement.run(bound).changes };
  }
  const rows = statement.all(bound) as unknown[][];
  const description = describe(rows[0]);
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) row[i] = fromSqlite(row[i]);
  }
  return { ...description, rows, rowsAffected: 0 };
}

interface OpenTransaction {
  readonly run: (query: Query) => object;
  /** Runs something whose error is told of. */
  readonly told: (work: () => unknown) => unknown;
  readonly onEnd: (() => void) | undefined;
}

/** One that has the write lock already: a lock that is first wanted half-way cannot be waited for. */
function openTransaction(connection: Connection.Database, { run, told, onEnd }: OpenTransaction) {
  let open = true;
  const end = (sql: string): void => {
    open = false;
    try {
      told(() => connection.exec(sql));
    } finally {
      if (connection.inTransaction) connection.exec('ROLLBACK');
      onEnd?.();
    }
  };
  return {
    execute: async (query: Query) => {
      if (!open) throw new Error('The transaction has ended.');
      return run(query);
    },
    commit: async () => end('COMMIT'),
    rollback: async () => end('ROLLBACK'),
  };
}

/**
 * Runs a script and what belongs to it in one transaction. A script may rebuild tables, so references are
 * checked at its end; the switch for that has no effect within a transaction.
 */
export function runScript(
  connection: Connection.Database,
  script: string,
  andThen: () => void = () => undefined,
): void {
  connection.exec('PRAGMA foreign_keys = OFF');
  try {
    connection.exec('BEGIN IMMEDIATE');
    connection.exec(script);
    const [broken] = connection.prepare('PRAGMA foreign_key_check').all();
    if (broken !== undefined) throw new Error(`broken reference: ${JSON.stringify(broken)}`);
    andThen();
    connection.exec('COMMIT');
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    connection.exec('PRAGMA foreign_keys = ON');
  }
}

function fromSqlite(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Buffer.isBuffer(value)) return new Uint8Array(value).buffer;
  return value;
}
