import type { Database } from '../../db/client.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { revokeOtherSessions, type SessionRow } from '../sessions/store.ts';
import type { UserRow } from '../users/store.ts';

/** Stores a costlier hash of the same password, unless the password changed meanwhile. */
export async function rehashPassword(
  db: Database,
  change: { readonly userId: string; readonly from: string; readonly to: string },
): Promise<void> {
  await db.prisma.user.updateMany({
    where: { id: change.userId, passwordHash: change.from },
    data: { passwordHash: change.to },
  });
}

export interface PasswordChange {
  readonly userId: string;
  /** The hash that was checked: of two changes at once only one finds it still there. */
  readonly from: string | null;
  readonly to: string;
  readonly now: Date;
  /** Ends every session of the user but this one. */
  readonly endSessionsBut?: string | undefined;
}

/** Replaces a password and ends sessions with it, both or neither; undefined when it lost a race. */
export function replacePassword(
  db: Database,
  change: PasswordChange,
): Promise<{ user: UserRow; ended: readonly SessionRow[] } | undefined> {
  const { userId, now, endSessionsBut } = change;
  return db.prisma.$transaction(async (tx) => {
    const [user] = await tx.user.updateManyAndReturn({
      where: { id: userId, passwordHash: change.from },
      data: { passwordHash: change.to, mustChangePassword: false, updatedAt: now },
    });
    if (!user) return undefined;
    await deleteOneTimeTokens(tx, userId);
    if (endSessionsBut === undefined) return { user, ended: [] };
    const ended = await revokeOtherSessions(tx, { userId, keepId: endSessionsBut, now });
    return { user, ended };
  });
}
