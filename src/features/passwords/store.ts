import type { Database, Tx } from '../../db/database.ts';
import type { UserRow } from '../users/store.ts';

/** Stores a costlier hash of the same password; returns whether the former hash was still there. */
export async function rehashPassword(
  db: Database,
  change: { readonly userId: string; readonly from: string; readonly to: string },
): Promise<boolean> {
  const { count } = await db.prisma.user.updateMany({
    where: { id: change.userId, passwordHash: change.from },
    data: { passwordHash: change.to },
  });
  return count === 1;
}

/** Gives somebody another password; undefined where there is no such user, or another won the race. */
export async function replacePassword(
  tx: Tx,
  change: {
    readonly userId: string;
    /** The hash that was checked, where one was: of two changes at once only one finds it still there. */
    readonly from?: string | null;
    readonly to: string;
    /** Whether they have to choose another one before they do anything else. */
    readonly mustChange: boolean;
    readonly now: Date;
  },
): Promise<UserRow | undefined> {
  const { userId, from, to, mustChange, now } = change;
  const [user] = await tx.user.updateManyAndReturn({
    where: { id: userId, ...(from !== undefined && { passwordHash: from }) },
    data: { passwordHash: to, mustChangePassword: mustChange, updatedAt: now },
  });
  return user;
}

/**
 * Notes that whoever uses a link that went to their address reads its mail; answers whether the address
 * was never proven before. An address never changes while a link is good: whoever changes one deletes the
 * one-time tokens of its user.
 */
export async function proveEmail(
  tx: Tx,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id: userId, email: { not: null }, emailVerifiedAt: null },
    data: { emailVerifiedAt: now },
  });
  return count === 1;
}
