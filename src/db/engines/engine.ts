import type { Clock } from '../../adapters/clock.ts';
import type { Stop } from '../../adapters/stop.ts';
import type { DatabaseClock } from '../clock.ts';
import type { Direct, DirectDriver } from '../direct.ts';
import type { Prisma, PrismaClient } from '../generated/sqlite/client.ts';
import type { DatabaseLimits } from '../limits.ts';
import type { MigrationSession } from '../migrate/session.ts';

export type Provider = 'sqlite' | 'postgresql';

/**
 * A kind of database: everything that differs between SQLite and PostgreSQL. No code outside
 * `src/db/engines` asks which of the two it has; it uses a member of this interface.
 */
export interface Engine {
  readonly name: Provider;

  /** Ends a SELECT whose rows stay locked until the transaction ends. Empty where writes happen one at a time. */
  readonly lock: Prisma.Sql;
  /** The same, and the SELECT leaves out the rows that another transaction has locked. */
  readonly skipLocked: Prisma.Sql;
  /**
   * The same for a join. The rows of `held` are kept from being deleted and no more; the result leaves out
   * what another transaction has locked in either table.
   */
  readonly skipLockedOf: (table: Prisma.ModelName, held: Prisma.ModelName) => Prisma.Sql;
  /** 1970-01-01 as a literal of a time column, to the letter as in the indexes. */
  readonly epoch: Prisma.Sql;
  /**
   * Whether the parts of a WITH may write. Where they may, statements that belong together are parts of one
   * statement: one round trip, and no part sees what another wrote but by its RETURNING. Where they may not,
   * the statements run one after the other in a transaction, and each sees what the ones before wrote.
   */
  readonly writesInWith: boolean;
  /** Whether one transaction at a time writes, so that a long job of another process pauses between batches. */
  readonly hasOneWriter: boolean;
  /** Whether a statement of a request that takes longer than `querySeconds` is ended. */
  readonly endsLongQueries: boolean;
  /** Has the triggers announce nothing of what `tx` deletes. */
  readonly silenceTriggers: (tx: Prisma.TransactionClient) => Promise<void>;

  /** Opens a database that is migrated. */
  readonly open: (databaseUrl: string, options: OpenOptions) => Promise<OpenDatabase>;
  /** Opens a database for migrating; creates the file of a SQLite one. */
  readonly migrations: (databaseUrl: string) => Promise<MigrationSession>;
  /** Whether there may be a database. False for a file that is missing. */
  readonly exists: (databaseUrl: string) => boolean;
  /** The files that hold the database, there or not. None where a server has them. */
  readonly files: (databaseUrl: string) => readonly string[];
  /** Copies the database into a new file. Undefined where the server has its own tool. */
  readonly backup?: (databaseUrl: string, to: string) => Promise<void>;
  /** Hears what other processes announce. Undefined where they cannot. */
  readonly listen?: (options: ListenOptions) => Listener;
  /** Reads the clock of the database, in milliseconds since 1970. Undefined where it is the clock of this machine. */
  readonly readClock?: (prisma: PrismaClient) => Promise<number>;
}

export interface OpenOptions {
  /** How many connections to hold to a server. */
  readonly poolSize: number;
  readonly limits: DatabaseLimits;
  /** Read replicas of a server. */
  readonly replicaUrls: readonly string[];
  /** The clock of this machine, which is that of a SQLite database. */
  readonly clock: Clock;
  /** Stands in for the clock of the database. */
  readonly databaseClock: Clock | undefined;
  /** Called with the error of an idle connection that breaks; the next query opens another. */
  readonly onError: (error: Error) => void;
  /** Called with whether a read replica answered: its place among `replicaUrls`, and the error if it failed. */
  readonly onReplica: (replica: number, error?: unknown) => void;
}

/** A database as its engine opens it. */
export interface OpenDatabase {
  /** Both kinds have the SQLite client's type: the models are the same. */
  readonly prisma: PrismaClient;
  readonly driver: DirectDriver;
  /**
   * The same as `read`, for lists that decide nothing: from a read replica where there is one that has all
   * that is committed by now.
   */
  readonly readList: Direct['read'];
  /** The time that decides between processes, whose own clocks may differ. */
  readonly now: DatabaseClock;
  /** Runs a transaction when there is a place for it. */
  readonly inTurn: <T>(request: Requester, work: () => Promise<T>) => Promise<T>;
  /** How the pool stands; undefined on SQLite, which has none. */
  readonly connections: () => PoolState | undefined;
  /** Gives free pages of a SQLite file back to the file system, some at once, and returns how many. */
  readonly giveBack?: () => Promise<number>;
  /** Writes a SQLite file anew without its free pages. Returns its size before and after, in bytes. */
  readonly vacuum?: () => Promise<{ readonly before: number; readonly after: number }>;
  /** Throws unless the database answers, within two seconds. */
  readonly ping: () => Promise<void>;
  /** Whether the last writes worked, or one does that is tried now. */
  readonly takesWrites: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The request that a transaction is for. */
export interface Requester {
  /** Once it aborts, nothing more is written for the request. */
  readonly signal?: Stop;
  readonly userId?: string;
}

/** The connections to a server, those that are idle, and the queries that wait for one. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface ListenOptions {
  readonly databaseUrl: string;
  readonly channel: string;
  /** The database where the changes are made that are to be heard. */
  readonly db: { readonly prisma: PrismaClient };
  readonly onMessage: (payload: string) => void;
  /**
   * Called whenever messages may have been missed: on every connection, the first one too, when it breaks,
   * and on every attempt that fails, so that a watcher looks for itself while nothing is heard.
   */
  readonly onGap: () => void;
  readonly onError: (error: unknown) => void;
  /** Called whenever a connection has heard something: nothing is missed from then on. */
  readonly onLive?: () => void;
}

export interface Listener {
  /** Whether the server answered within the last 5 s, so that nothing was missed until then. */
  readonly isLive: () => boolean;
  readonly close: () => Promise<void>;
}
