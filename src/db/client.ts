import { type Clock, systemClock } from '../adapters/clock.ts';
import type { Stop } from '../adapters/stop.ts';
import type { Database } from './database.ts';
import type { Direct, DirectDriver } from './direct.ts';
import { engineOf } from './engines/of-url.ts';
import { type DatabaseLimits, PATIENT } from './limits.ts';
import { shareReads } from './shared-reads.ts';

/**
 * The database for one request; without a signal for what no end of a request stops.
 * @param userId whose request it is, where that is known
 */
export function forRequest(db: Database, signal: Database['signal'], userId?: string): Database {
  if (signal === db.signal) return db;
  // Written out: a spread costs each request ten times as much.
  return {
    engine: db.engine,
    prisma: db.prisma,
    read: db.read,
    readList: db.readList,
    readShared: db.readShared,
    write: writeFor(db.driver, signal),
    driver: db.driver,
    inTurn: db.inTurn,
    now: db.now,
    connections: db.connections,
    ping: db.ping,
    takesWrites: db.takesWrites,
    close: db.close,
    ...(signal && { signal }),
    ...(userId !== undefined && { userId }),
  };
}

function writeFor({ write }: DirectDriver, signal: Stop | undefined): Direct['write'] {
  return (work) => write(work, signal);
}

export interface ConnectOptions {
  /** `file:/path/to.db`, `postgresql://…` or `postgres://…`. */
  readonly databaseUrl: string;
  /** How many connections to hold to a PostgreSQL server. SQLite has one. @default 10 */
  readonly poolSize?: number;
  /** @default for what may take its time */
  readonly limits?: DatabaseLimits;
  /** Read replicas of a PostgreSQL server. @default none */
  readonly replicaUrls?: readonly string[];
  /** The clock of this machine, which is that of a SQLite database. @default the system's */
  readonly clock?: Clock;
  /** Stands in for the clock of a PostgreSQL server. @default its own */
  readonly databaseClock?: Clock | undefined;
  /** Told of idle connections that break; the next query opens another. */
  readonly onError?: (error: Error) => void;
  /** Told whether a read replica answered: its place among `replicaUrls`, and the error where it failed. */
  readonly onReplica?: (replica: number, error?: unknown) => void;
}

/** Connects to a database that is migrated already. */
export async function connect(options: ConnectOptions): Promise<Database> {
  const engine = engineOf(options.databaseUrl);
  const opened = await engine.open(options.databaseUrl, {
    poolSize: options.poolSize ?? 10,
    limits: options.limits ?? PATIENT,
    replicaUrls: options.replicaUrls ?? [],
    clock: options.clock ?? systemClock,
    databaseClock: options.databaseClock,
    onError: options.onError ?? (() => undefined),
    onReplica: options.onReplica ?? (() => undefined),
  });
  return {
    engine,
    ...opened,
    read: opened.driver.read,
    readShared: shareReads(opened.readList),
    write: writeFor(opened.driver, undefined),
  };
}
