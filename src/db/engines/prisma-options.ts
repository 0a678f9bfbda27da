import type { DatabaseLimits } from '../limits.ts';

/** SQLite runs one transaction at a time, so the last of a burst waits for all the others. */
const TRANSACTION_WAIT_MS = 10_000;
/** The client keeps a plan for each of the queries that the stores have, of which there are fewer. */
const queryPlanCacheMaxSize = 200;

/** How Prisma's client is made for either database. */
export function clientOptions({ transactionSeconds }: DatabaseLimits) {
  const transactionOptions = {
    maxWait: TRANSACTION_WAIT_MS,
    timeout: transactionSeconds * 1000,
  };
  return { transactionOptions, queryPlanCacheMaxSize };
}
