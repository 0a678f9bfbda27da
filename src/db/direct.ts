import type { Sql } from '@prisma/client/runtime/client';

/**
 * Statements past Prisma's client, which costs several times what the database does: for hot paths.
 * Rows have the columns' own types, numbers for counts; errors are the driver's own.
 */
export interface Direct {
  /** Runs a query that changes nothing. */
  readonly read: <Row>(query: Sql) => Promise<Row[]>;
  /**
   * Runs statements, all or none, and answers the rows of the last once they are durable. None of them
   * sees what another did.
   */
  readonly write: <Row>(...statements: readonly [Sql, ...Sql[]]) => Promise<Row[]>;
}
