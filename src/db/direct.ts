import type { Sql } from '@prisma/client/runtime/client';
import type { Stop } from '../adapters/stop.ts';
import type { Script } from './script.ts';

/**
 * Statements past Prisma's client, which costs several times what the database does: for hot paths.
 * Rows have the columns' own types, numbers for counts; errors are the driver's own.
 */
export interface Direct {
  /** Runs a query that changes nothing. */
  readonly read: <Row>(query: Sql) => Promise<Row[]>;
  /**
   * Runs a statement or a script, all of it or nothing, and answers its rows once they are durable. Where
   * the engine has `writesInWith` a script is one statement.
   */
  readonly write: <Row>(work: Sql | Script) => Promise<Row[]>;
}

/** The same as a driver has it, which runs the writes of all requests. */
export interface DirectDriver {
  readonly read: Direct['read'];
  /** Writes nothing once the signal aborts, as long as the work has not begun. */
  readonly write: <Row>(work: Sql | Script, signal: Stop | undefined) => Promise<Row[]>;
  /**
   * The same as `read`, for a statement that ends with its order: its rows come as one JSON text, at half
   * the cost where they are many, for a driver takes its time over each value. No blobs, and no number that
   * JSON does not hold.
   */
  readonly readList: Direct['read'];
}
