import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { PoolState } from './client.ts';
import type { ListingDirect } from './direct.ts';
import { DatabaseError } from './errors.ts';
import { createPostgresqlDirect } from './postgresql-direct.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface PoolOptions {
  readonly poolSize: number;
  /** Told of connections that break while nobody uses them; the pool replaces them. */
  readonly onError: (error: Error) => void;
}

/** One pool of connections to a PostgreSQL server, for Prisma and for direct statements. */
export function postgresqlDatabase(
  url: string,
  { poolSize, onError }: PoolOptions,
): { adapter: PrismaPg; direct: ListingDirect; connections: () => PoolState } {
  const pool = new pg.Pool({ ...connectionConfig(url), max: poolSize });
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    onPoolError: onError,
    onConnectionError: onError,
  });
  const connections = () => ({
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  });
  return { adapter, direct: createPostgresqlDirect(pool), connections };
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

/** How to connect, whatever for. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'vestibule',
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
