import type { Database, Tx } from '../../db/database.ts';
import { type OutboxMail, Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import { insertInto, readDate, readNumber } from '../../db/sql.ts';
import type { NewMail } from '../../core/mail.ts';

/** A mail that one sender has to itself until its lease ends. */
export type ClaimedMail = Pick<
  OutboxMail,
  'id' | 'messageId' | 'kind' | 'toAddress' | 'toName' | 'subject' | 'body' | 'attempts'
> & { readonly createdAt: Date };

/** The attempt that a result belongs to: a later one has a higher number. */
export type Attempt = Pick<ClaimedMail, 'id' | 'attempts'>;

/** Puts a mail into the outbox, where there is one and none of its id is there. `queueMail` calls it. */
export async function insertMail(tx: Tx, mail: NewMail | undefined): Promise<void> {
  if (mail) await tx.$executeRaw(insertingMail(mail));
}

/** A statement that puts a mail into the outbox once; with `from` only where that has a row. */
export function insertingMail(mail: NewMail, from?: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${insertInto('OutboxMail', mail, from)} ON CONFLICT DO NOTHING`;
}

/**
 * Takes the mail that is due longest, of any number of senders for one alone; undefined where none is
 * due. It is due again at `leaseUntil` unless a result is noted before. Mails of the kinds in `without`
 * are left alone.
 */
export async function claimMail(
  db: Database,
  {
    now,
    leaseUntil,
    without = [],
  }: { readonly now: Date; readonly leaseUntil: Date; readonly without?: readonly string[] },
): Promise<ClaimedMail | undefined> {
  const wanted =
    without.length > 0
      ? Prisma.sql`AND "kind" NOT IN (${Prisma.join([...without])})`
      : Prisma.empty;
  // Without SKIP LOCKED the second of two waits for the first's row and then goes away with none.
  const [claimed] = await db.prisma.$queryRaw<{ id: string }[]>`
    UPDATE "OutboxMail" SET "dueAt" = ${leaseUntil}, "attempts" = "attempts" + 1
    WHERE "id" = (
      SELECT "id" FROM "OutboxMail" WHERE "dueAt" <= ${now} ${wanted}
      ORDER BY "dueAt" LIMIT 1 ${db.engine.skipLocked}
    )
    RETURNING "id"`;
  if (!claimed) return undefined;
  return (await db.prisma.outboxMail.findUnique({ where: { id: claimed.id } })) ?? undefined;
}

/** Notes that a mail is out, and forgets what it said. */
export async function updateSent(db: Database, attempt: Attempt, now: Date): Promise<void> {
  await updateAttempt(db, attempt, { sentAt: now, dueAt: null, body: '', lastError: null });
}

/** Notes that an attempt failed and when to make the next. */
export async function updateFailed(
  db: Database,
  attempt: Attempt,
  failure: { readonly error: string; readonly dueAt: Date },
): Promise<void> {
  await updateAttempt(db, attempt, { lastError: failure.error, dueAt: failure.dueAt });
}

/** Notes that nobody tries any more, and forgets what the mail said. */
export async function updateGivenUp(
  db: Database,
  attempt: Attempt,
  failure: { readonly error: string; readonly now: Date },
): Promise<void> {
  const { error, now } = failure;
  await updateAttempt(db, attempt, { failedAt: now, dueAt: null, body: '', lastError: error });
}

async function updateAttempt(
  db: Database,
  { id, attempts }: Attempt,
  data: Prisma.OutboxMailUpdateManyMutationInput,
): Promise<void> {
  await db.prisma.outboxMail.updateMany({ where: { id, attempts, sentAt: null }, data });
}

/** The number of mails that were written before a moment and have yet to go out; counts no further than to 1000. */
export async function countMailWaitingSince(db: Database, before: Date): Promise<number> {
  const [row] = await db.prisma.$queryRaw<{ n: number | bigint }[]>`
    SELECT count(*) AS "n" FROM (
      SELECT 1 AS "one" FROM "OutboxMail"
      WHERE "dueAt" IS NOT NULL AND "createdAt" < ${before} LIMIT 1000
    ) AS "waiting"`;
  return Number(row?.n ?? 0);
}

/** How many mails wait, counted no further than to 10,000, and when the oldest of these was written. */
export async function readOutboxFigures(
  db: Database,
): Promise<{ readonly waiting: number; readonly oldest: Date | undefined }> {
  const [row] = await db.read<{
    n: number | bigint;
    oldest: Date | number | string | null;
  }>(Prisma.sql`
    SELECT count(*) AS "n", min("createdAt") AS "oldest" FROM (
      SELECT "createdAt" FROM "OutboxMail" WHERE "dueAt" IS NOT NULL ORDER BY "dueAt" LIMIT 10000
    ) AS "waiting"`);
  return { waiting: readNumber(row?.n ?? 0), oldest: readDate(row?.oldest ?? null) ?? undefined };
}

/** Mails that were written before a moment and sent or given up. */
export function endedMails(before: Date): OldRows {
  // Not by "dueAt", whose index would find all that was ever sent.
  const where = Prisma.sql`
    "createdAt" < ${before} AND ("sentAt" IS NOT NULL OR "failedAt" IS NOT NULL)`;
  return { table: 'OutboxMail', where, order: 'createdAt' };
}

/** Mails that were written before a moment and never got out. */
export function unsentMails(before: Date): OldRows {
  const where = Prisma.sql`
    "createdAt" < ${before} AND "sentAt" IS NULL AND "failedAt" IS NULL`;
  return { table: 'OutboxMail', where, order: 'createdAt' };
}
