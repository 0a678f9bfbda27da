import { type Clock, systemClock } from '../adapters/clock.ts';
import type { Stop } from '../adapters/stop.ts';
import { clockSql } from './clock.ts';
import type { Database } from './database.ts';
import type { Direct, DirectDriver } from './direct.ts';
import type { PrismaClient } from './generated/sqlite/client.ts';
import { type DatabaseLimits, PATIENT } from './limits.ts';
import type { Replicas } from './replicas.ts';
import { shareReads } from './shared-reads.ts';
import { type DatabaseTarget, parseDatabaseUrl } from './url.ts';
import { createWriteHealth } from './write-health.ts';

/**
 * The database for one request; without a signal for what no end of a request stops.
 * @param userId whose request it is, where that is known
 */
export function forRequest(db: Database, signal: Database['signal'], userId?: string): Database {
  if (signal === db.signal) return db;
  // Written out: a spread costs each request ten times as much.
  return {
    provider: db.provider,
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
  return (...statements) => write(statements, signal);
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

/** SQLite runs one transaction at a time, so the last of a burst waits for all the others. */
const TRANSACTION_WAIT_MS = 10_000;
/** The client keeps a plan for each of the queries that the stores have, of which there are fewer. */
const queryPlanCacheMaxSize = 200;

/** Connects to a database that is migrated already. */
export async function connect(options: ConnectOptions): Promise<Database> {
  const target = parseDatabaseUrl(options.databaseUrl);
  const opened = await openClient(target, options);
  const { prisma, driver, readList, inTurn, connections, ping, takesWrites, replicas } = opened;
  await prisma.$connect();
  return {
    provider: target.provider,
    prisma,
    read: driver.read,
    readList,
    readShared: shareReads(readList),
    write: writeFor(driver, undefined),
    driver,
    inTurn,
    now: clockSql(
      target.provider === 'sqlite'
        ? (options.databaseClock ?? options.clock ?? systemClock)
        : options.databaseClock,
    ),
    connections,
    ping,
    takesWrites,
    ...opened.space,
    close: async () => {
      await replicas?.close();
      await prisma.$disconnect();
    },
  };
}

interface Opened extends Pick<
  Database,
  'prisma' | 'driver' | 'readList' | 'inTurn' | 'connections' | 'ping' | 'takesWrites'
> {
  readonly replicas?: Replicas;
  readonly space?: Pick<Database, 'giveBack' | 'vacuum'>;
}

function openClient(target: DatabaseTarget, options: ConnectOptions): Promise<Opened> {
  return target.provider === 'sqlite'
    ? openFile(target.file, options)
    : openServer(target.url, options);
}

async function openFile(file: string, { limits = PATIENT }: ConnectOptions): Promise<Opened> {
  const [{ sqliteDatabase }, { PrismaClient }] = await Promise.all([
    import('./sqlite.ts'),
    import('./generated/sqlite/client.ts'),
  ]);
  const health = createWriteHealth(() => tryWrite());
  const { adapter, direct, tryWrite } = sqliteDatabase(file, {
    limits,
    onWriteFailure: health.failed,
  });
  const prisma = new PrismaClient({ adapter, ...clientOptions(limits) });
  return {
    prisma,
    driver: direct,
    readList: direct.readList,
    inTurn: (_request, work) => work(),
    connections: () => undefined,
    ping: async () => {
      await prisma.$queryRaw`SELECT 1`;
    },
    takesWrites: health.works,
    space: { giveBack: direct.giveBack, vacuum: direct.vacuum },
  };
}

async function openServer(url: string, options: ConnectOptions): Promise<Opened> {
  const { poolSize = 10, limits = PATIENT, onError = () => undefined } = options;
  const [{ postgresqlDatabase }, { PrismaClient }] = await Promise.all([
    import('./postgresql.ts'),
    import('./generated/postgresql/client.ts'),
  ]);
  const pool = { poolSize, limits, onError };
  const health = createWriteHealth(() => database.tryWrite());
  const database = postgresqlDatabase(url, { ...pool, onWriteFailure: health.failed });
  const { adapter, direct: driver, connections, inTurn, ping } = database;
  const client = new PrismaClient({ adapter, ...clientOptions(limits) });
  const prisma = client as unknown as PrismaClient;
  const takesWrites = health.works;
  const opened = { prisma, driver, inTurn, connections, ping, takesWrites };
  const urls = options.replicaUrls ?? [];
  if (urls.length === 0) return { ...opened, readList: driver.readList };
  const { openReplicas } = await import('./replicas.ts');
  const onAnswer = options.onReplica ?? (() => undefined);
  const replicas = openReplicas({ ...pool, urls, primary: driver, onAnswer });
  return { ...opened, readList: replicas.readList, replicas };
}

function clientOptions({ transactionSeconds }: DatabaseLimits) {
  const transactionOptions = {
    maxWait: TRANSACTION_WAIT_MS,
    timeout: transactionSeconds * 1000,
  };
  return { transactionOptions, queryPlanCacheMaxSize };
}
