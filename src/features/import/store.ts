import type { Database, Tx } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';

/** Somebody who has an account, by what nobody else may have. */
export interface KnownUser {
  readonly id: string;
  readonly usernameKey: string | null;
  readonly emailKey: string | null;
  readonly createdAt: Date;
}

const ATTEMPTS = 5;

/** Everybody who has one of the names or addresses. */
export async function listUsersByKeys(
  tx: Tx,
  usernameKeys: readonly string[],
  emailKeys: readonly string[],
): Promise<readonly KnownUser[]> {
  const select = { id: true, usernameKey: true, emailKey: true, createdAt: true };
  const byName = await tx.user.findMany({
    where: { usernameKey: { in: [...usernameKeys] } },
    select,
  });
  const byEmail = await tx.user.findMany({ where: { emailKey: { in: [...emailKeys] } }, select });
  return [...byName, ...byEmail];
}

/**
 * Runs `work`, one transaction, again where a unique index refused it: a name that another took since is
 * found the next time.
 */
export async function retryWhereTaken<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isUniqueViolation(error)) throw error;
    }
  }
}

export async function hasTenant(db: Database, id: string): Promise<boolean> {
  return (await db.prisma.tenant.findUnique({ where: { id }, select: { id: true } })) !== null;
}
