import { integer } from './fields.ts';

/** How many connections to the database there are, and how long anything there may take. */
export const DATABASE = {
  DATABASE_POOL_SIZE: integer(1, 1000)
    .default(10)
    .meta({
      description:
        'PostgreSQL connections held by one process, to each server. A fifth of them, at least one, is ' +
        'kept for reads and health checks.',
    }),
  DATABASE_WAIT_SECONDS: integer(1, 3600)
    .default(5)
    .meta({
      description:
        'How long a request waits for one of them, or for a new one, in seconds; then it is answered ' +
        'with `OVERLOADED`.',
    }),
  DATABASE_QUERY_SECONDS: integer(1, 3600)
    .default(5)
    .meta({
      description:
        'Longest that a PostgreSQL server works on one statement of a request, in seconds. A connection on ' +
        'which nothing has come one second later counts as dead and is replaced.',
    }),
  DATABASE_LOCK_SECONDS: integer(1, 3600)
    .default(3)
    .meta({
      description:
        'How long a statement waits for a row (PostgreSQL) or the file (SQLite) that somebody else has ' +
        'locked, in seconds; then the request is answered with `OVERLOADED`.',
    }),
  DATABASE_TRANSACTION_SECONDS: integer(1, 3600).default(10).meta({
    description:
      'Longest that a transaction takes, in seconds. PostgreSQL ends one in which nothing has come for as long.',
  }),
  DATABASE_IDLE_SECONDS: integer(1, 86_400).default(10).meta({
    description: 'How long a PostgreSQL connection stays open that nobody uses, in seconds.',
  }),
} as const;
