import type { Tx } from '../../db/database.ts';
import { foldName } from '../users/rules.ts';
import { asTaken, type UserRow } from '../users/store.ts';

/** Takes an address for proven where it is the user's own; undefined where it is not, or was proven. */
export async function verifyEmail(
  tx: Tx,
  { userId, emailKey, now }: { userId: string; emailKey: string; now: Date },
): Promise<UserRow | undefined> {
  const [proven] = await tx.user.updateManyAndReturn({
    where: { id: userId, emailKey, emailVerifiedAt: null },
    data: { emailVerifiedAt: now, updatedAt: now },
  });
  return proven;
}

/**
 * Takes an address away from an account that has never proven it and has a username to sign in with.
 * Answers that account; undefined where there is none.
 */
export async function clearUnprovenEmail(
  tx: Tx,
  { email, now }: { readonly email: string; readonly now: Date },
): Promise<UserRow | undefined> {
  const [cleared] = await tx.user.updateManyAndReturn({
    where: { emailKey: foldName(email), emailVerifiedAt: null, usernameKey: { not: null } },
    data: { email: null, emailKey: null, updatedAt: now },
  });
  return cleared;
}

/** Whose an address is. */
export async function findEmailOwner(tx: Tx, emailKey: string): Promise<UserRow | undefined> {
  return (await tx.user.findUnique({ where: { emailKey } })) ?? undefined;
}

/**
 * Gives a user another address, which is proven. Whoever has no username is listed by it.
 * @throws EMAIL_TAKEN
 */
export async function updateEmail(
  tx: Tx,
  { user, email, now }: { readonly user: UserRow; readonly email: string; readonly now: Date },
): Promise<UserRow> {
  const emailKey = foldName(email);
  const handle = user.username === null && { handleKey: emailKey };
  const data = { email, emailKey, ...handle, emailVerifiedAt: now, updatedAt: now };
  try {
    return await tx.user.update({ where: { id: user.id }, data });
  } catch (error) {
    throw asTaken(error, {});
  }
}
