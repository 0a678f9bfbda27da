import type { Database, Tx } from '../../db/database.ts';
import { Prisma, type SigningKey } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import { violatedUnique } from '../../db/errors.ts';

export type SigningKeyRow = SigningKey;

/** Every key that may have signed a token that still lives, the last to sign first. */
export function listSigningKeys(db: Database): Promise<SigningKeyRow[]> {
  return db.prisma.signingKey.findMany({
    orderBy: [{ activeFrom: 'desc' }, { createdAt: 'desc' }, { id: 'asc' }],
  });
}

/** Puts a key in its slot unless another holds that; says whether it won. */
export async function insertFirstKey(db: Database, key: SigningKeyRow): Promise<boolean> {
  try {
    await insertSigningKey(db.prisma, key);
    return true;
  } catch (error) {
    if (violatedUnique(error) !== undefined) return false;
    throw error;
  }
}

export async function insertSigningKey(tx: Tx, key: SigningKeyRow): Promise<void> {
  await tx.signingKey.create({ data: key });
}

/** Retires the keys in use of any other algorithm. */
export async function retireOtherAlgorithms(
  db: Database,
  { algorithm, now }: { readonly algorithm: string; readonly now: Date },
): Promise<void> {
  await db.prisma.signingKey.updateMany({
    where: { slot: { not: null }, algorithm: { not: algorithm } },
    data: { slot: null, retiredAt: now },
  });
}

/** Retires the active key; of any number that try at once one is told that it did. */
export async function retireActiveKey(tx: Tx, id: string, at: Date): Promise<boolean> {
  const { count } = await tx.signingKey.updateMany({
    where: { id, slot: 'ACTIVE' },
    data: { slot: null, retiredAt: at },
  });
  return count === 1;
}

/** Makes the next key the active one; false where it is the next no more. */
export async function promoteNextKey(tx: Tx, id: string, activeFrom: Date): Promise<boolean> {
  const { count } = await tx.signingKey.updateMany({
    where: { id, slot: 'NEXT' },
    data: { slot: 'ACTIVE', activeFrom },
  });
  return count === 1;
}

/** The keys that were retired before a moment. */
export function retiredKeys(before: Date): OldRows {
  const where = Prisma.sql`"slot" IS NULL AND "retiredAt" < ${before}`;
  return { table: 'SigningKey', where, order: 'retiredAt' };
}
