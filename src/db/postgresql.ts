import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { DatabaseError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface PoolOptions {
  readonly poolSize: number;
  /** Told of connections that break while nobody uses them; the pool replaces them. */
  readonly onError: (error: Error) => void;
}

/** The driver adapter for a PostgreSQL server. */
export function postgresqlAdapter(url: string, { poolSize, onError }: PoolOptions): PrismaPg {
  return new PrismaPg(
    { ...connectionConfig(url), max: poolSize },
    { onPoolError: onError, onConnectionError: onError },
  );
}

/** Opens a connection of one's own, or says in one line why not. */
export async function openPostgresql(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(url));
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
