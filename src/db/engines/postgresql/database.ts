import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { OpenDatabase, PoolState } from '../engine.ts';
import type { DirectDriver } from '../../direct.ts';
import { DatabaseError } from '../../errors.ts';
import { isStuck, meansNoWrites } from '../../failures.ts';
import type { DatabaseLimits } from '../../limits.ts';
import { createPostgresqlDirect } from './direct.ts';
import { connectionConfig, openPool, type Pool } from './pool.ts';
import { createWriteGate, type WriteGate } from './write-gate.ts';

const PING_MS = 2_000;
/** A table of its own has to be given new space, and its commit to be written. */
const WRITE_PROBE =
  'CREATE TEMPORARY TABLE "vestibule_write_probe" ON COMMIT DROP AS ' +
  "SELECT repeat('x', 1000) FROM generate_series(1, 100)";

export interface PoolOptions {
  readonly poolSize: number;
  readonly limits: DatabaseLimits;
  /** Told of connections that break while nobody uses them; the pool replaces them. */
  readonly onError: (error: Error) => void;
  /** Told when the server refuses a write for want of space and the like. */
  readonly onWriteFailure: () => void;
}

export interface PostgresqlDatabase {
  readonly adapter: PrismaPg;
  readonly direct: DirectDriver;
  readonly connections: () => PoolState;
  readonly inTurn: OpenDatabase['inTurn'];
  readonly ping: () => Promise<void>;
  readonly tryWrite: () => Promise<void>;
}

/** One pool of connections to a PostgreSQL server, for Prisma and for direct statements. */
export function postgresqlDatabase(url: string, options: PoolOptions): PostgresqlDatabase {
  const { poolSize: size, limits, onError, onWriteFailure } = options;
  const onRefusal = (code: string | undefined) => {
    if (meansNoWrites(code)) onWriteFailure();
  };
  const opened = openPool({ url, size, limits, onError, onRefusal });
  const { pool, ask } = opened;
  const gate = createWriteGate({
    places: size - readPlaces(size),
    waitMs: limits.waitSeconds * 1000,
    isStuck,
  });
  gateWritesOfPrisma(opened, gate.run);
  return {
    adapter: new PrismaPg(pool, { disposeExternalPool: true, onConnectionError: onError }),
    direct: createPostgresqlDirect(ask, gate.run),
    connections: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + gate.waiting(),
    }),
    inTurn: ({ signal, userId: row }, work) =>
      gate.run({ kind: 'transaction', isLong: true, row, signal }, work),
    ping: () => answerInTime(opened, 'SELECT 1'),
    tryWrite: () => answerInTime(opened, WRITE_PROBE),
  };
}

/** The places of a pool that no write takes, so that reads and health checks always find one. */
function readPlaces(size: number): number {
  return size === 1 ? 0 : Math.max(1, Math.floor(size / 5));
}

/** Single statements of Prisma's: its transactions take their places before they begin. */
function gateWritesOfPrisma({ pool, ask }: Pool, inTurn: WriteGate['run']): void {
  const query = (config: pg.QueryConfig<unknown[]>) =>
    /^\s*SELECT\b/i.test(config.text)
      ? ask(config)
      : inTurn({ kind: config.text }, () => ask(config));
  pool.query = query as typeof pool.query;
}

/** Throws unless the server answers at once. A connection on which it does not is replaced. */
async function answerInTime({ pool, lose }: Pool, sql: string): Promise<void> {
  const late = new Error(`the database did not answer within ${PING_MS} ms`);
  let client: pg.PoolClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  const inTime = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(late);
      if (client) lose(client);
    }, PING_MS);
  });
  const work = async () => {
    client = await pool.connect();
    try {
      await client.query(sql);
    } finally {
      client.release();
      client = undefined;
    }
  };
  try {
    await Promise.race([work(), inTime]);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a connection of one's own, or says in one line why not. */
export async function openPostgresql(
  url: string,
  settings: pg.ClientConfig = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionConfig(url), ...settings });
  // Without a listener a connection that breaks later would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    const where = `${client.host}:${client.port}/${client.database ?? ''}`;
    throw new DatabaseError(`Cannot use the PostgreSQL database at ${where}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
