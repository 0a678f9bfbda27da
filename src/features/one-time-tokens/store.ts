import type { Database, Tx } from '../../db/database.ts';
import { type OneTimeToken, Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import type { NewOneTimeToken, OneTimePurpose } from './tokens.ts';

export type OneTimeTokenRow = OneTimeToken;

/** Keeps a token, and forgets those of the same user that have run out. */
export async function insertOneTimeToken(tx: Tx, token: NewOneTimeToken): Promise<void> {
  const { userId, createdAt } = token;
  await tx.oneTimeToken.deleteMany({ where: { userId, expiresAt: { lte: createdAt } } });
  await tx.oneTimeToken.create({ data: token, select: { id: true } });
}

/** The same where only the newest of a purpose is to be good: those before it are void. */
export async function replaceOneTimeToken(tx: Tx, token: NewOneTimeToken): Promise<void> {
  const { userId, purpose } = token;
  await tx.oneTimeToken.deleteMany({ where: { userId, purpose } });
  await insertOneTimeToken(tx, token);
}

/** A token that can still be used; looking at it uses nothing up. */
export async function findLiveOneTimeToken(
  db: Database,
  {
    tokenHash,
    purpose,
    now,
  }: { readonly tokenHash: string; readonly purpose: OneTimePurpose; readonly now: Date },
): Promise<OneTimeTokenRow | undefined> {
  const found = await db.prisma.oneTimeToken.findUnique({
    where: { tokenHash, purpose, usedAt: null, expiresAt: { gt: now } },
  });
  return found ?? undefined;
}

/** Whose a token is, whether it is still good or not. */
export async function findOneTimeTokenUser(
  db: Database,
  { tokenHash, purpose }: { readonly tokenHash: string; readonly purpose: OneTimePurpose },
): Promise<string | undefined> {
  const found = await db.prisma.oneTimeToken.findUnique({
    where: { tokenHash, purpose },
    select: { userId: true },
  });
  return found?.userId;
}

/**
 * Counts a try at a token before anything is compared, so that guesses made at once are counted like
 * guesses made in turn. Undefined where there is no such token for the purpose, or it has run out, was
 * used, or has no tries left.
 */
export async function claimOneTimeTry(
  db: Database,
  {
    tokenHash,
    purpose,
    now,
  }: { readonly tokenHash: string; readonly purpose: OneTimePurpose; readonly now: Date },
): Promise<OneTimeTokenRow | undefined> {
  const [claimed] = await db.prisma.oneTimeToken.updateManyAndReturn({
    where: { tokenHash, purpose, usedAt: null, expiresAt: { gt: now }, triesLeft: { gt: 0 } },
    data: { triesLeft: { decrement: 1 } },
  });
  return claimed;
}

/** Uses a token up; of any number at once one is told that it did. */
export async function consumeOneTimeToken(
  tx: Tx,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<boolean> {
  const { count } = await tx.oneTimeToken.updateMany({
    where: { id, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  });
  return count === 1;
}

/** Ends whatever a user could still do with a token, as when their password or second factor changes. */
export async function deleteOneTimeTokens(tx: Tx, userId: string): Promise<number> {
  return (await tx.oneTimeToken.deleteMany({ where: { userId } })).count;
}

/** Tokens that ran out before a moment, used or not. */
export function expiredOneTimeTokens(before: Date): OldRows {
  const where = Prisma.sql`"expiresAt" < ${before}`;
  return { table: 'OneTimeToken', where, order: 'expiresAt' };
}
