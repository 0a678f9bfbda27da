import type { Database, Tx } from '../../db/client.ts';
import { violatedUnique } from '../../db/errors.ts';
import type { Session, User } from '../../db/generated/sqlite/client.ts';

export type SessionRow = Session;

/** A session with the person it belongs to. */
export type SessionWithUser = Session & { readonly user: User };

/** Begins a session of a user and notes the sign-in on them. */
export async function insertSession(
  db: Database,
  user: User,
  session: SessionRow,
): Promise<SessionWithUser> {
  const lastLoginAt = session.createdAt;
  const [, created] = await db.prisma.$transaction([
    db.prisma.user.updateMany({ where: { id: user.id }, data: { lastLoginAt } }),
    db.prisma.session.create({ data: session }),
  ]);
  return { ...created, user: { ...user, lastLoginAt } };
}

/** Whether this is the first sign-in that the installation ever sees; true once. */
export async function consumeFirstLogin(db: Database, now: Date): Promise<boolean> {
  const known = await db.prisma.setting.findUnique({ where: { key: 'first-login' } });
  if (known) return false;
  try {
    await db.prisma.setting.create({ data: { key: 'first-login', value: '', updatedAt: now } });
    return true;
  } catch (error) {
    if (violatedUnique(error) !== undefined) return false;
    throw error;
  }
}

export async function findSession(db: Database, id: string): Promise<SessionWithUser | undefined> {
  const found = await db.prisma.session.findUnique({ where: { id }, include: { user: true } });
  return found ?? undefined;
}

export async function findSessionIdByOpaqueToken(
  db: Database,
  opaqueTokenHash: string,
): Promise<string | undefined> {
  const found = await db.prisma.session.findUnique({
    where: { opaqueTokenHash },
    select: { id: true },
  });
  return found?.id;
}

/**
 * Moves a live session of an enabled user to its next generation, if it still is at the given one.
 * Of any number that try at once one gets the session back.
 */
export async function rotateSession(
  db: Database,
  rotation: { readonly id: string; readonly from: number; readonly now: Date },
): Promise<SessionRow | undefined> {
  const { id, from, now } = rotation;
  // Raw, for it is the hot path: the same through the client costs three statements in a transaction.
  const [rotated] = await db.prisma.$queryRaw<SessionRow[]>`
    UPDATE "Session"
    SET "generation" = ${from + 1}, "rotatedAt" = ${now}, "lastSeenAt" = ${now}
    WHERE "id" = ${id} AND "generation" = ${from} AND "revokedAt" IS NULL AND "expiresAt" > ${now}
      AND EXISTS (SELECT 1 FROM "User" WHERE "User"."id" = "userId" AND NOT "User"."disabled")
    RETURNING *`;
  return rotated;
}

/** Ends a session; says whether it was alive. With a user, only if it is theirs. */
export async function revokeSession(
  tx: Tx,
  { id, userId, now }: { readonly id: string; readonly userId?: string; readonly now: Date },
): Promise<SessionRow | undefined> {
  const [revoked] = await tx.session.updateManyAndReturn({
    where: { id, ...(userId !== undefined && { userId }), revokedAt: null, expiresAt: { gt: now } },
    data: { revokedAt: now },
  });
  return revoked;
}

/** Ends every session of a user but one; answers those that were alive. */
export function revokeOtherSessions(
  tx: Tx,
  {
    userId,
    keepId,
    now,
  }: { readonly userId: string; readonly keepId?: string; readonly now: Date },
): Promise<SessionRow[]> {
  return tx.session.updateManyAndReturn({
    where: {
      userId,
      ...(keepId !== undefined && { id: { not: keepId } }),
      revokedAt: null,
      expiresAt: { gt: now },
    },
    data: { revokedAt: now },
  });
}

/** The live sessions of a user, the last one used first. */
export function listSessions(db: Database, userId: string, now: Date): Promise<SessionRow[]> {
  return db.prisma.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: now } },
    orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }],
  });
}

/** Ends the live sessions of a user beyond the newest `keep`; answers those that ended. */
export async function revokeOldestSessions(
  db: Database,
  { userId, keep, now }: { readonly userId: string; readonly keep: number; readonly now: Date },
): Promise<SessionRow[]> {
  const surplus = await db.prisma.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: now } },
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    skip: keep,
    select: { id: true },
  });
  if (surplus.length === 0) return [];
  return db.prisma.session.updateManyAndReturn({
    where: { id: { in: surplus.map(({ id }) => id) }, revokedAt: null },
    data: { revokedAt: now },
  });
}

/** Notes that a session was used, unless somebody did since `before`. */
export async function touchSession(
  db: Database,
  { id, before, now }: { readonly id: string; readonly before: Date; readonly now: Date },
): Promise<void> {
  await db.prisma.session.updateMany({
    where: { id, lastSeenAt: { lte: before } },
    data: { lastSeenAt: now },
  });
}
