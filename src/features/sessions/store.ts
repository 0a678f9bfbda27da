import type { Database } from '../../db/client.ts';
import { violatedUnique } from '../../db/errors.ts';
import type { Session, User } from '../../db/generated/sqlite/client.ts';

export type SessionRow = Session;

/** A session with the person it belongs to. */
export type SessionWithUser = Session & { readonly user: User };

/** Begins a session and notes the sign-in on its user. */
export async function insertSession(db: Database, session: SessionRow): Promise<SessionWithUser> {
  const [, created] = await db.prisma.$transaction([
    db.prisma.user.update({
      where: { id: session.userId },
      data: { lastLoginAt: session.createdAt },
      select: { id: true },
    }),
    db.prisma.session.create({ data: session, include: { user: true } }),
  ]);
  return created;
}

/** Whether this is the first sign-in that the installation ever sees; true once. */
export async function consumeFirstLogin(db: Database, now: Date): Promise<boolean> {
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
): Promise<SessionWithUser | undefined> {
  const { id, from, now } = rotation;
  const [rotated] = await db.prisma.session.updateManyAndReturn({
    where: {
      id,
      generation: from,
      revokedAt: null,
      expiresAt: { gt: now },
      user: { disabled: false },
    },
    data: { generation: from + 1, rotatedAt: now, lastSeenAt: now },
    include: { user: true },
  });
  return rotated;
}

/** Ends a session; says whether it was alive. */
export async function revokeSession(db: Database, id: string, now: Date): Promise<boolean> {
  const { count } = await db.prisma.session.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now },
  });
  return count === 1;
}
