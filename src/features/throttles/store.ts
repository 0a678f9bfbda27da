import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import {
  type ThrottleKind,
  THROTTLES,
  type ThrottleLaw,
  TRUST_SECONDS,
} from '../../core/throttle-policy.ts';

/** A count to claim an attempt of, under the keyed hash of what it is about. */
export interface Counter {
  readonly key: string;
  readonly kind: ThrottleKind;
}

interface ThrottleRow extends Counter {
  readonly attempts: number;
  readonly nextAt: number;
  readonly trusted: boolean;
}

type Counters = readonly [Counter, ...Counter[]];

const laws = Object.entries<ThrottleLaw>(THROTTLES);
const kinds = (is: (law: ThrottleLaw) => boolean) => {
  const names = laws.filter(([, law]) => is(law)).map(([kind]) => `'${kind}'`);
  return Prisma.raw(names.join(', '));
};

/** One value for each kind, in SQL: the laws are constants, so that the statements never change. */
function perKind(column: string, value: (law: ThrottleLaw) => string) {
  const cases = laws.map(([kind, law]) => `WHEN '${kind}' THEN ${value(law)}`);
  return Prisma.raw(`CASE ${column} ${cases.join(' ')} END`);
}

/** How long to wait after one more attempt than are counted; null where nobody waits. */
function delaySql({ delays }: ThrottleLaw): string {
  if (delays.length === 0) return 'NULL';
  const cases = [...delays]
    .reverse()
    .map(([at, seconds]) => `WHEN "Throttle"."attempts" >= ${at - 1} THEN ${seconds * 1000}`);
  return `CASE ${cases.join(' ')} END`;
}

const FORGET_MS = perKind('"kind"', (law) => String(law.forgetSeconds * 1000));
const DELAY_MS = perKind('excluded."kind"', delaySql);
const NEW_FOR = perKind('"kind"', ({ newFor }) => String(newFor ?? 'NULL'));
const NEW_FOR_OF_ROW = perKind('"Throttle"."kind"', ({ newFor }) => String(newFor ?? 'NULL'));
const TRUST_MS = Prisma.raw(String(TRUST_SECONDS * 1000));
const TRUSTS = kinds(({ trusts }) => trusts === true);
const SHARED = kinds(({ isShared }) => isShared === true);
const DEVICES = kinds(({ counts }) => counts === 'devices');
const NEWCOMERS = kinds(({ counts }) => counts === 'newcomers');
const REPEATERS = kinds(({ counts }) => counts === 'repeaters');
const STRANGERS = kinds(({ counts }) => counts !== undefined && counts !== 'devices');
/** What several newcomers use up together. */
const SHARES = kinds(({ counts, newFor }) => counts === 'newcomers' && newFor !== undefined);
/** The moment in the row of a share that a newcomer claims: before all others, so that nobody waits. */
const CLAIMED_AS_NEW = Prisma.raw('-1');

/**
 * Counts an attempt in every counter that applies, or in none where one of them is closed. Answers the
 * counters that it stands in, undefined where the attempt is refused.
 *
 * One statement, so that of any number at once no more get through than one after the other. On
 * PostgreSQL an attempt that meets others may be counted here and refused there, which is taken back.
 * An attempt that need not wait leaves no moment behind: another that began earlier may come later.
 * Rows are always locked in the order of their keys, so none waits for another in a circle.
 */
export async function claimAttempt(
  db: Database,
  counters: Counters,
  now: Date,
): Promise<readonly Counter[] | undefined> {
  const at = Prisma.sql`CAST(${now.getTime()} AS BIGINT)`;
  const isForgotten = Prisma.sql`"Throttle"."forgetAt" <= ${at}`;
  const rows = await db.write<ThrottleRow>(Prisma.sql`
    WITH "asked" AS (${toValues(counters)}), "known" AS (
      SELECT "t".* FROM "asked" JOIN "Throttle" AS "t" ON "t"."key" = "asked"."key"
      WHERE "t"."forgetAt" > ${at}
    ), "standing" AS (
      SELECT
        EXISTS (SELECT 1 FROM "asked" WHERE "kind" IN (${DEVICES})) AND NOT EXISTS (
          SELECT 1 FROM "known" WHERE "kind" IN (${DEVICES}) AND "nextAt" > ${at}
        ) AS "isDevice",
        EXISTS (SELECT 1 FROM "known" WHERE "trusted") AS "isTrusted",
        NOT EXISTS (SELECT 1 FROM "known" WHERE "attempts" >= ${NEW_FOR}) AS "isNew"
    ), "claimed" AS (
      SELECT "key", "kind", "isNew" FROM "asked" CROSS JOIN "standing" WHERE CASE
        WHEN "isDevice" OR "kind" IN (${DEVICES}) THEN "isDevice" AND "kind" IN (${DEVICES})
        WHEN "isTrusted" THEN "kind" NOT IN (${STRANGERS})
        WHEN "kind" IN (${NEWCOMERS}) THEN "isNew"
        WHEN "kind" IN (${REPEATERS}) THEN NOT "isNew"
        ELSE 1 = 1 END
    )
    INSERT INTO "Throttle" ("key", "kind", "attempts", "nextAt", "forgetAt")
    SELECT "key", "kind", 1,
      CASE WHEN "isNew" AND "kind" IN (${SHARES}) THEN ${CLAIMED_AS_NEW} ELSE 0 END,
      ${at} + ${FORGET_MS}
    FROM "claimed"
    WHERE NOT EXISTS (
      SELECT 1 FROM "Throttle" AS "t" JOIN "claimed" AS "c" ON "c"."key" = "t"."key"
      WHERE "t"."nextAt" > ${at}
    )
    ORDER BY "key"
    ON CONFLICT ("key") DO UPDATE SET
      "attempts" = CASE WHEN ${isForgotten} THEN 1 ELSE "Throttle"."attempts" + 1 END,
      "nextAt" = CASE WHEN ${isForgotten} THEN 0 ELSE COALESCE(${at} + ${DELAY_MS}, 0) END,
      "forgetAt" = CASE
        WHEN ${isForgotten} THEN excluded."forgetAt"
        WHEN "Throttle"."trusted" THEN ${at} + ${TRUST_MS}
        ELSE excluded."forgetAt" + COALESCE(${DELAY_MS}, 0) END,
      "trusted" = "Throttle"."trusted" AND NOT (${isForgotten})
    WHERE "Throttle"."nextAt" <= ${at} AND (
      excluded."nextAt" <> ${CLAIMED_AS_NEW} OR ${isForgotten}
      OR "Throttle"."attempts" < ${NEW_FOR_OF_ROW}
    )
    RETURNING *`);
  const claimed = wholly(counters, rows);
  if (!claimed && rows.length > 0) await settleAttempt(db, rows, { succeeded: false, now });
  return claimed;
}

/** How the client of an attempt stands, as the statement finds it. */
interface Standing {
  readonly isDevice: boolean;
  readonly isTrusted: boolean;
  readonly isNew: boolean;
}

/** The counters that apply: the same choice as in the statement. */
function applying(counters: Counters, { isDevice, isTrusted, isNew }: Standing) {
  return counters.filter(({ kind }) => {
    const counts = countsOf(kind);
    if (isDevice || counts === 'devices') return isDevice && counts === 'devices';
    if (isTrusted) return counts === undefined;
    if (counts === 'newcomers') return isNew;
    return counts !== 'repeaters' || !isNew;
  });
}

/** The counters that apply, where the attempt is counted in all of them. */
function wholly(counters: Counters, rows: readonly ThrottleRow[]): readonly Counter[] | undefined {
  const wanted = applying(counters, {
    isDevice: rows.some(({ kind }) => countsOf(kind) === 'devices'),
    isTrusted: rows.some(({ trusted }) => trusted),
    isNew: !rows.some(({ kind }) => countsOf(kind) === 'repeaters'),
  });
  const counted = new Set(rows.map(({ key }) => key));
  return wanted.every(({ key }) => counted.has(key)) ? wanted : undefined;
}

function countsOf(kind: ThrottleKind): ThrottleLaw['counts'] {
  const { counts }: ThrottleLaw = THROTTLES[kind];
  return counts;
}

function toValues(counters: readonly Counter[]) {
  const rows = counters.map(
    ({ key, kind }) => Prisma.sql`(CAST(${key} AS TEXT), CAST(${kind} AS TEXT))`,
  );
  return Prisma.sql`
    SELECT column1 AS "key", column2 AS "kind" FROM (VALUES ${Prisma.join(rows)}) AS "v"`;
}

/** When the next attempt without a device token may be made. */
export async function findNextAttempt(
  db: Database,
  counters: Counters,
  now: Date,
): Promise<Date | undefined> {
  const keys = counters.map(({ key }) => key);
  const rows = await db.read<ThrottleRow>(Prisma.sql`
    SELECT * FROM "Throttle"
    WHERE "key" IN (${Prisma.join(keys)}) AND "forgetAt" > ${now.getTime()}`);
  const wanted = applying(counters, {
    isDevice: false,
    isTrusted: rows.some(({ trusted }) => trusted),
    isNew: !rows.some(({ kind, attempts }) => {
      const { newFor }: ThrottleLaw = THROTTLES[kind];
      return newFor !== undefined && attempts >= newFor;
    }),
  });
  const times = wanted.map(({ key }) => rows.find((row) => row.key === key)?.nextAt ?? 0);
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/**
 * Takes attempts back: all of them where one succeeded (as its law says), else only this one. A success
 * makes places trusted, whether an attempt of theirs is counted or not.
 */
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
    SELECT "key", "kind", 0, 0, ${at} + CASE WHEN ${trusts} THEN ${TRUST_MS} ELSE ${FORGET_MS} END,
      ${trusts}
    FROM (${toValues(counters)}) AS "asked"
    WHERE 1 = 1
    ORDER BY "key"
    ON CONFLICT ("key") DO UPDATE SET
      "attempts" = CASE WHEN ${clears} OR "Throttle"."attempts" < 1 THEN 0
        ELSE "Throttle"."attempts" - 1 END,
      "nextAt" = 0,
      "forgetAt" = CASE WHEN excluded."trusted" OR "Throttle"."trusted"
        THEN ${at} + ${TRUST_MS} ELSE excluded."forgetAt" END,
      "trusted" = excluded."trusted" OR "Throttle"."trusted"`);
}

/** Counts that no longer count. */
export function forgottenCounts(now: Date): OldRows {
  const where = Prisma.sql`"forgetAt" <= ${now.getTime()}`;
  return { table: 'Throttle', key: ['key'], where, order: 'forgetAt' };
}
