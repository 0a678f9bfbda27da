import { addSeconds, type Clock } from '../adapters/clock.ts';
import { Prisma } from './generated/sqlite/client.ts';

/** The present moment, moved by a number of seconds, as an expression of a statement. */
export type DatabaseClock = (movedBySeconds?: number) => Prisma.Sql;

/** @param clock the clock of the database, where it is not its server's own */
export function clockSql(clock: Clock | undefined): DatabaseClock {
  return (seconds = 0) =>
    clock
      ? Prisma.sql`${addSeconds(clock.now(), seconds)}`
      : // The start of a statement is not taken: it may have waited for a lock since.
        Prisma.sql`CAST(clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => ${seconds}) AS TIMESTAMP(3))`;
}
