import type { Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import { type Budget, BUDGET_SECONDS, type Gathering } from './budget.ts';

// Counts of mails stand beside the throttles, which also forget them, under kinds of their own. A mail is
// counted in one statement, so that of any number at once no more get through than one after the other.

interface CountRow {
  readonly forgetAt: number | bigint;
}

/**
 * Counts a mail against a budget. Answers undefined where it is within the budget, and otherwise when the
 * budget begins anew.
 */
export async function claimBudget(
  tx: Tx,
  { key, limit }: Budget,
  now: Date,
): Promise<Date | undefined> {
  const at = Prisma.sql`CAST(${now.getTime()} AS BIGINT)`;
  const isOver = Prisma.sql`"Throttle"."forgetAt" <= ${at}`;
  const claimed = await tx.$queryRaw<unknown[]>`
    INSERT INTO "Throttle" ("key", "kind", "attempts", "nextAt", "forgetAt")
    VALUES (${key}, 'mailBudget', 1, 0, ${at} + ${BUDGET_SECONDS * 1000})
    ON CONFLICT ("key") DO UPDATE SET
      "attempts" = CASE WHEN ${isOver} THEN 1 ELSE "Throttle"."attempts" + 1 END,
      "forgetAt" = CASE WHEN ${isOver} THEN excluded."forgetAt" ELSE "Throttle"."forgetAt" END
    WHERE ${isOver} OR "Throttle"."attempts" < ${limit}
    RETURNING "key"`;
  if (claimed.length > 0) return undefined;
  const [row] = await tx.$queryRaw<CountRow[]>`
    SELECT "forgetAt" FROM "Throttle" WHERE "key" = ${key}`;
  return row ? new Date(readNumber(row.forgetAt)) : now;
}

/** Counts a notice in its gathering and answers which it is, from 1. With `from`: once for each of its rows. */
export function countingNotice({ key, keptUntil }: Gathering, from?: Prisma.Sql): Prisma.Sql {
  const row = Prisma.sql`${key}, 'mailGathered', 1, 0, CAST(${keptUntil.getTime()} AS BIGINT)`;
  return Prisma.sql`
    INSERT INTO "Throttle" ("key", "kind", "attempts", "nextAt", "forgetAt")
    ${from ? Prisma.sql`SELECT ${row} ${from}` : Prisma.sql`VALUES (${row})`}
    ON CONFLICT ("key") DO UPDATE SET "attempts" = "Throttle"."attempts" + 1
    RETURNING "attempts"`;
}

/** How many notices a mail stands for that was gathered under its id. */
export async function countGathered(tx: Tx, mailId: string): Promise<number> {
  const found = await tx.throttle.findUnique({ where: { key: mailId } });
  return Math.max(1, (found?.attempts ?? 2) - 1);
}
