import type { Database, Tx } from '../../db/database.ts';
import type { TotpCredential } from '../../db/generated/sqlite/client.ts';
import type { UserRow } from '../users/store.ts';

/** What an authenticator app shares with this server. */
export type TotpRow = TotpCredential;

export async function findTotp(db: Database, userId: string): Promise<TotpRow | undefined> {
  const found = await db.prisma.totpCredential.findUnique({ where: { userId } });
  return found ?? undefined;
}

/** Keeps a secret that nobody has shown to have yet, in place of another such; false where one is on. */
export async function putPendingTotp(
  tx: Tx,
  pending: { readonly userId: string; readonly secret: string; readonly now: Date },
): Promise<boolean> {
  const { userId, secret, now } = pending;
  const rows = await tx.$queryRaw<unknown[]>`
    INSERT INTO "TotpCredential" ("userId", "secret", "createdAt")
    VALUES (${userId}, ${secret}, ${now})
    ON CONFLICT ("userId") DO UPDATE
      SET "secret" = excluded."secret", "createdAt" = excluded."createdAt"
      WHERE "TotpCredential"."confirmedAt" IS NULL
    RETURNING "userId"`;
  return rows.length === 1;
}

/** Which secret a code was checked against, and the time step that it belongs to. */
interface CheckedStep {
  readonly userId: string;
  /** As it is stored: another one may have taken its place since. */
  readonly secret: string;
  readonly step: number;
}

/** Turns a pending secret on with the step of the code that showed it; false where it is gone or on. */
export async function confirmTotp(
  tx: Tx,
  { userId, secret, step }: CheckedStep,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.totpCredential.updateMany({
    where: { userId, secret, confirmedAt: null },
    data: { confirmedAt: now, lastTimeStep: step },
  });
  return count === 1;
}

/**
 * Uses up the code of a time step and all codes before it (RFC 6238 section 5.2): of any number that
 * bring it at once one is told that it did.
 */
export async function consumeTimeStep(
  tx: Tx,
  { userId, secret, step }: CheckedStep,
): Promise<boolean> {
  const { count } = await tx.totpCredential.updateMany({
    where: { userId, secret, confirmedAt: { not: null }, lastTimeStep: { lt: step } },
    data: { lastTimeStep: step },
  });
  return count === 1;
}

/** Notes on the user that a second factor is asked for, unless one was; undefined where it was. */
export async function markTotpEnabled(
  tx: Tx,
  userId: string,
  now: Date,
): Promise<UserRow | undefined> {
  const [user] = await tx.user.updateManyAndReturn({
    where: { id: userId, totpEnabledAt: null },
    data: { totpEnabledAt: now, updatedAt: now },
  });
  return user;
}

/** Takes a user's second factor away with its recovery codes; undefined where they had none. */
export async function deleteTotp(tx: Tx, userId: string, now: Date): Promise<UserRow | undefined> {
  const [user] = await tx.user.updateManyAndReturn({
    where: { id: userId, totpEnabledAt: { not: null } },
    data: { totpEnabledAt: null, updatedAt: now },
  });
  if (!user) return undefined;
  await tx.totpCredential.deleteMany({ where: { userId } });
  await tx.recoveryCode.deleteMany({ where: { userId } });
  return user;
}

/** Deletes a secret that was never confirmed. */
export async function deletePendingTotp(tx: Tx, userId: string): Promise<number> {
  return (await tx.totpCredential.deleteMany({ where: { userId, confirmedAt: null } })).count;
}

/** Notes how the person of a session has shown who they are by now. */
export async function updateAmr(
  tx: Tx,
  { sessionId, amr }: { readonly sessionId: string; readonly amr: string },
): Promise<void> {
  await tx.session.updateMany({ where: { id: sessionId }, data: { amr } });
}

/** Gives a user these recovery codes and no others, if a second factor is on; says whether it is. */
export async function replaceRecoveryCodes(
  tx: Tx,
  {
    userId,
    hashes,
    now,
  }: { readonly userId: string; readonly hashes: readonly string[]; readonly now: Date },
): Promise<boolean> {
  // Holds the row, so that of two at once the second replaces what the first has written.
  const { count } = await tx.totpCredential.updateMany({
    where: { userId, confirmedAt: { not: null } },
    data: { userId },
  });
  if (count === 0) return false;
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({
    data: hashes.map((codeHash) => ({ codeHash, userId, createdAt: now })),
  });
  return true;
}

/** Uses a recovery code up; of any number that bring it at once one is told that it did. */
export async function consumeRecoveryCode(
  tx: Tx,
  {
    userId,
    codeHash,
    now,
  }: { readonly userId: string; readonly codeHash: string; readonly now: Date },
): Promise<boolean> {
  const { count } = await tx.recoveryCode.updateMany({
    where: { codeHash, userId, usedAt: null },
    data: { usedAt: now },
  });
  return count === 1;
}

/** How many recovery codes a user has left. */
export function countRecoveryCodes(tx: Tx, userId: string): Promise<number> {
  return tx.recoveryCode.count({ where: { userId, usedAt: null } });
}

export async function hasUser(tx: Tx, id: string): Promise<boolean> {
  return (await tx.user.count({ where: { id } })) > 0;
}
