import type { Database } from '../../db/client.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { type ThrottleKind, THROTTLES, type ThrottleLaw, TRUST_SECONDS } from './rules.ts';

/** A count to claim an attempt of, under the keyed hash of what it is about. */
export interface Counter {
  readonly key: string;
  readonly kind: ThrottleKind;
}

interface ThrottleRow extends Counter {
  readonly nextAt: number;
  readonly trusted: boolean;
}

type Counters = readonly [Counter, ...Counter[]];

const laws = Object.entries<ThrottleLaw>(THROTTLES);
const kinds = (is: (law: ThrottleLaw) => boolean) =>
  laws.filter(([, law]) => is(law)).map(([kind]) => `'${kind}'`);

/** One value for each kind, in SQL: the laws are constants, so that the statements never change. */
function perKind(column: string, value: (law: ThrottleLaw) => string) {
  const cases = laws.map(([kind, law]) => `WHEN '${kind}' THEN ${value(law)}`);
  return Prisma.raw(`CASE ${column} ${cases.join(' ')} END`);
}

/** How long to wait after one more attempt than are counted; null where nobody waits. */
function delaySql({ delays }: ThrottleLaw): string {
  const cases = [...delays]
    .reverse()
    .map(([at, seconds]) => `WHEN "Throttle"."attempts" >= ${at - 1} THEN ${seconds * 1000}`);
  return `CASE ${cases.join(' ')} END`;
}

const FORGET_MS = perKind('"kind"', (law) => String(law.forgetSeconds * 1000));
const DELAY_MS = perKind('excluded."kind"', delaySql);
const TRUST_MS = Prisma.raw(String(TRUST_SECONDS * 1000));
const STRANGERS_ONLY = Prisma.raw(kinds((law) => law.strangersOnly === true).join(', '));
const TRUSTS = Prisma.raw(kinds((law) => law.trusts === true).join(', '));
const SHARED = Prisma.raw(kinds((law) => law.isShared === true).join(', '));

/**
 * Counts an attempt in every counter that applies, or in none where one of them is closed. Answers the
 * counters that it stands in, undefined where the attempt is refused.
 *
 * One statement, so that of any number at once no more get through than one after the other. On
 * PostgreSQL an attempt that meets others may be counted here and refused there: too much, never too
 * little. One that need not wait leaves no moment behind: another that began earlier may come later.
 * Rows are always locked in the order of `counters`, so none waits for another in a circle.
 */
export async function claimAttempt(
  db: Database,
  counters: Counters,
  now: Date,
): Promise<readonly Counter[] | undefined> {
  const at = Prisma.sql`CAST(${now.getTime()} AS BIGINT)`;
  const isForgotten = Prisma.sql`"Throttle"."forgetAt" <= ${at}`;
  const rows = await db.write<ThrottleRow>(Prisma.sql`
    WITH "asked" AS (${toValues(counters)}), "claimed" AS (
      SELECT * FROM "asked" WHERE "kind" NOT IN (${STRANGERS_ONLY}) OR NOT EXISTS (
        SELECT 1 FROM "Throttle"
        WHERE "key" = ${counters[0].key} AND "trusted" AND "forgetAt" > ${at}
      )
    )
    INSERT INTO "Throttle" ("key", "kind", "attempts", "nextAt", "forgetAt")
    SELECT "key", "kind", 1, 0, ${at} + ${FORGET_MS} FROM "claimed"
    WHERE NOT EXISTS (
      SELECT 1 FROM "Throttle" AS "t" JOIN "claimed" AS "c" ON "c"."key" = "t"."key"
      WHERE "t"."nextAt" > ${at}
    )
    ORDER BY "place"
    ON CONFLICT ("key") DO UPDATE SET
      "attempts" = CASE WHEN ${isForgotten} THEN 1 ELSE "Throttle"."attempts" + 1 END,
      "nextAt" = CASE WHEN ${isForgotten} THEN 0 ELSE COALESCE(${at} + ${DELAY_MS}, 0) END,
      "forgetAt" = CASE
        WHEN ${isForgotten} THEN excluded."forgetAt"
        WHEN "Throttle"."trusted" THEN ${at} + ${TRUST_MS}
        ELSE excluded."forgetAt" + COALESCE(${DELAY_MS}, 0) END,
      "trusted" = "Throttle"."trusted" AND NOT (${isForgotten})
    WHERE "Throttle"."nextAt" <= ${at}
    RETURNING *`);
  const wanted = counters.filter(({ kind }) => !isExcused(rows, counters[0], kind));
  const claimed = new Set(rows.map(({ key }) => key));
  return wanted.every(({ key }) => claimed.has(key)) ? wanted : undefined;
}

function toValues(counters: readonly Counter[]) {
  const rows = counters.map(
    ({ key, kind }, place) =>
      Prisma.sql`(CAST(${key} AS TEXT), CAST(${kind} AS TEXT), CAST(${place} AS INTEGER))`,
  );
  return Prisma.sql`
    SELECT column1 AS "key", column2 AS "kind", column3 AS "place"
    FROM (VALUES ${Prisma.join(rows)}) AS "v"`;
}

/** When the next attempt may be made. */
export async function findNextAttempt(
  db: Database,
  counters: Counters,
  now: Date,
): Promise<Date | undefined> {
  const keys = counters.map(({ key }) => key);
  const rows = await db.read<ThrottleRow>(Prisma.sql`
    SELECT * FROM "Throttle"
    WHERE "key" IN (${Prisma.join(keys)}) AND "forgetAt" > ${now.getTime()}`);
  const times = rows
    .filter(({ kind }) => !isExcused(rows, counters[0], kind))
    .map(({ nextAt }) => nextAt);
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/** Whether a count is for strangers only, and the place of the attempt is trusted. */
function isExcused(rows: readonly ThrottleRow[], own: Counter, kind: ThrottleKind): boolean {
  const { strangersOnly }: ThrottleLaw = THROTTLES[kind];
  return strangersOnly === true && rows.some(({ key, trusted }) => key === own.key && trusted);
}

/** Takes attempts back: all of them where one succeeded (as its law says), else only this one. */
export async function settleAttempt(
  db: Database,
  counters: readonly Counter[],
  { succeeded, now }: { readonly succeeded: boolean; readonly now: Date },
): Promise<void> {
  const at = Prisma.sql`CAST(${now.getTime()} AS BIGINT)`;
  const clears = succeeded ? Prisma.sql`excluded."kind" NOT IN (${SHARED})` : Prisma.sql`1 = 0`;
  const trusts = succeeded ? Prisma.sql`"kind" IN (${TRUSTS})` : Prisma.sql`1 = 0`;
  // An upsert of rows that are there: only so are they locked in the order in which they are claimed.
  await db.write(Prisma.sql`
    INSERT INTO "Throttle" ("key", "kind", "attempts", "nextAt", "forgetAt", "trusted")
    SELECT "key", "kind", 0, 0, ${at} + ${FORGET_MS}, ${trusts}
    FROM (${toValues(counters)}) AS "asked"
    WHERE 1 = 1
    ORDER BY "place"
    ON CONFLICT ("key") DO UPDATE SET
      "attempts" = CASE WHEN ${clears} OR "Throttle"."attempts" < 1 THEN 0
        ELSE "Throttle"."attempts" - 1 END,
      "nextAt" = 0,
      "forgetAt" = CASE WHEN excluded."trusted" OR "Throttle"."trusted"
        THEN ${at} + ${TRUST_MS} ELSE excluded."forgetAt" END,
      "trusted" = excluded."trusted" OR "Throttle"."trusted"`);
}

/** Deletes counters that no longer count, at most `limit`; answers how many. */
export function deleteForgotten(db: Database, now: Date, limit: number): Promise<number> {
  // Waiting for a row that is being counted, with others in hand, could close a circle.
  const others = db.provider === 'postgresql' ? Prisma.sql`FOR UPDATE SKIP LOCKED` : Prisma.empty;
  return db.prisma.$executeRaw`
    DELETE FROM "Throttle" WHERE "key" IN (
      SELECT "key" FROM "Throttle" WHERE "forgetAt" <= ${now.getTime()}
      ORDER BY "forgetAt" LIMIT ${limit} ${others}
    )`;
}
