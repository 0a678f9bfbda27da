import { type Clock, systemClock } from '../adapters/clock.ts';
import { clockSql, type DatabaseClock } from './clock.ts';
import type { Direct } from './direct.ts';
import type { Prisma, PrismaClient } from './generated/sqlite/client.ts';
import type { Replicas } from './replicas.ts';
import { shareReads } from './shared-reads.ts';
import type { SqliteDirect } from './sqlite-direct.ts';
import { type DatabaseTarget, type Provider, parseDatabaseUrl } from './url.ts';

/** A connected database. Both kinds have the SQLite client's type: the models are the same. */
export interface Database extends Direct {
  readonly provider: Provider;
  readonly prisma: PrismaClient;
  /**
   * The same as `read`, for lists that decide nothing: from a read replica where there is one that has all
   * that is committed by now.
   */
  readonly readList: Direct['read'];
  /** The same for what takes long and many ask alike: whoever asks at the same time shares an answer. */
  readonly readShared: Direct['read'];
  /** The time that decides between processes, whose own clocks may differ. */
  readonly now: DatabaseClock;
  /** Of a request: once it aborts, nothing more is written for it. */
  readonly signal?: { readonly throwIfAborted: () => void };
  /** How the pool stands; undefined on SQLite, which has none. */
  readonly connections: () => PoolState | undefined;
  /** Gives free pages of a SQLite file back to the file system, some at once, and returns how many. */
  readonly giveBack?: SqliteDirect['giveBack'];
  readonly vacuum?: SqliteDirect['vacuum'];
  /** Throws unless the database answers. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The database for one request; without a signal for what no end of a request stops. */
export function forRequest(db: Database, signal: Database['signal']): Database {
  if (signal === db.signal) return db;
  // Written out: a spread costs each request ten times as much.
  return {
    provider: db.provider,
    prisma: db.prisma,
    read: db.read,
    readList: db.readList,
    readShared: db.readShared,
    write: db.write,
    now: db.now,
    connections: db.connections,
    ping: db.ping,
    close: db.close,
    ...(signal && { signal }),
  };
}

/** The connections to a server, those that nobody uses, and the queries that wait for one. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** What a query runs in: the database itself or a transaction. */
export type Tx = Prisma.TransactionClient;

export interface ConnectOptions {
  /** `file:/path/to.db`, `postgresql://…` or `postgres://…`. */
  readonly databaseUrl: string;
  /** How many connections to hold to a PostgreSQL server. SQLite has one. @default 10 */
  readonly poolSize?: number;
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

// SQLite runs one transaction at a time, so the last of a burst waits for all the others.
const transactionOptions = { maxWait: 10_000, timeout: 10_000 };
/** The client keeps a plan for each of the queries that the stores have, of which there are fewer. */
const queryPlanCacheMaxSize = 200;

/** Connects to a database that is migrated already. */
export async function connect(options: ConnectOptions): Promise<Database> {
  const target = parseDatabaseUrl(options.databaseUrl);
  const opened = await openClient(target, options);
  const { prisma, direct, readList, connections, replicas } = opened;
  await prisma.$connect();
  return {
    provider: target.provider,
    prisma,
    read: direct.read,
    readList,
    readShared: shareReads(readList),
    write: direct.write,
    now: clockSql(
      target.provider === 'sqlite'
        ? (options.databaseClock ?? options.clock ?? systemClock)
        : options.databaseClock,
    ),
    connections,
    ...opened.space,
    ping: async () => {
      await prisma.$queryRaw`SELECT 1`;
    },
    close: async () => {
      await replicas?.close();
      await prisma.$disconnect();
    },
  };
}

interface Opened extends Pick<Database, 'prisma' | 'connections' | 'readList'> {
  readonly direct: Direct;
  readonly replicas?: Replicas;
  readonly space?: Pick<Database, 'giveBack' | 'vacuum'>;
}

async function openClient(target: DatabaseTarget, options: ConnectOptions): Promise<Opened> {
  if (target.provider === 'sqlite') {
    const [{ sqliteDatabase }, { PrismaClient }] = await Promise.all([
      import('./sqlite.ts'),
      import('./generated/sqlite/client.ts'),
    ]);
    const { adapter, direct } = sqliteDatabase(target.file);
    const prisma = new PrismaClient({ adapter, transactionOptions, queryPlanCacheMaxSize });
    const { readList, giveBack, vacuum } = direct;
    return { prisma, direct, readList, connections: () => undefined, space: { giveBack, vacuum } };
  }
  const [{ postgresqlDatabase }, { PrismaClient }] = await Promise.all([
    import('./postgresql.ts'),
    import('./generated/postgresql/client.ts'),
  ]);
  const pool = { poolSize: options.poolSize ?? 10, onError: options.onError ?? (() => undefined) };
  const { adapter, direct, connections } = postgresqlDatabase(target.url, pool);
  const client = new PrismaClient({ adapter, transactionOptions, queryPlanCacheMaxSize });
  const prisma = client as unknown as PrismaClient;
  const urls = options.replicaUrls ?? [];
  if (urls.length === 0) return { prisma, direct, readList: direct.readList, connections };
  const { openReplicas } = await import('./replicas.ts');
  const onAnswer = options.onReplica ?? (() => undefined);
  const replicas = openReplicas({ ...pool, urls, primary: direct, onAnswer });
  return { prisma, direct, readList: replicas.readList, connections, replicas };
}
