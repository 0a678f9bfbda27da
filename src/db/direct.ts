import type { Sql } from '@prisma/client/runtime/client';
import type { Stop } from '../adapters/stop.ts';

/**
 * A statement, or what makes one of the rows that the one before answered; where it makes none, nothing
 * more is run and nothing answered. Only SQLite takes those: a server would be asked once for each.
 */
export type Step = Sql | ((rows: readonly Record<string, unknown>[]) => Sql | undefined);

/**
 * Statements past Prisma's client, which costs several times what the database does: for hot paths.
 * Rows have the columns' own types, numbers for counts; errors are the driver's own.
 */
export interface Direct {
  /** Runs a query that changes nothing. */
  readonly read: <Row>(query: Sql) => Promise<Row[]>;
  /**
   * Runs statements, all or none, and answers the rows of the last once they are durable. On
   * PostgreSQL none of them sees what another did.
   */
  readonly write: <Row>(...statements: readonly [Step, ...Step[]]) => Promise<Row[]>;
}

/** The same as a driver has it, which runs the writes of all requests. */
export interface DirectDriver {
  readonly read: Direct['read'];
  /** Writes nothing once the signal aborts, as long as the statements have not begun. */
  readonly write: <Row>(
    statements: readonly [Step, ...Step[]],
    signal: Stop | undefined,
  ) => Promise<Row[]>;
  /**
   * The same as `read`, for a statement that ends with its order: its rows come as one JSON text, at half
   * the cost where they are many, for a driver takes its time over each value. No blobs, and no number that
   * JSON does not hold.
   */
  readonly readList: Direct['read'];
}
