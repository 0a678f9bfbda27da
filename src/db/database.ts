import type { Stop } from '../adapters/stop.ts';
import type { DatabaseClock } from './clock.ts';
import type { Direct, DirectDriver } from './direct.ts';
import type { Prisma, PrismaClient } from './generated/sqlite/client.ts';
import type { SqliteDirect } from './sqlite-direct.ts';
import type { Provider } from './url.ts';

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
  readonly signal?: Stop;
  /** Whose request it is. */
  readonly userId?: string;
  readonly driver: DirectDriver;
  /** Runs a transaction when there is a place for it. */
  readonly inTurn: <T>(
    request: Pick<Database, 'signal' | 'userId'>,
    work: () => Promise<T>,
  ) => Promise<T>;
  /** How the pool stands; undefined on SQLite, which has none. */
  readonly connections: () => PoolState | undefined;
  /** Gives free pages of a SQLite file back to the file system, some at once, and returns how many. */
  readonly giveBack?: SqliteDirect['giveBack'];
  readonly vacuum?: SqliteDirect['vacuum'];
  /** Throws unless the database answers, within two seconds. */
  readonly ping: () => Promise<void>;
  /** Whether the last writes worked, or one does that is tried now. */
  readonly takesWrites: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The connections to a server, those that nobody uses, and the queries that wait for one. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** What a query runs in: the database itself or a transaction. */
export type Tx = Prisma.TransactionClient;
