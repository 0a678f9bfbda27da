import type { Database } from '../../db/client.ts';
import type { SigningKey } from '../../db/generated/sqlite/client.ts';
import { violatedUnique } from '../../db/errors.ts';

export type SigningKeyRow = SigningKey;

/** Every key that may have signed a token that still lives. */
export function listSigningKeys(db: Database): Promise<SigningKeyRow[]> {
  return db.prisma.signingKey.findMany({ orderBy: { createdAt: 'desc' } });
}

/** Makes the key the active one unless another holds that place; says whether it won. */
export async function insertActiveKey(
  db: Database,
  key: Omit<SigningKeyRow, 'slot'>,
): Promise<boolean> {
  try {
    await db.prisma.signingKey.create({ data: { ...key, slot: 'ACTIVE' } });
    return true;
  } catch (error) {
    if (violatedUnique(error) !== undefined) return false;
    throw error;
  }
}

/** Retires an active key of any other algorithm. */
export async function retireOtherAlgorithms(db: Database, algorithm: string): Promise<void> {
  await db.prisma.signingKey.updateMany({
    where: { slot: 'ACTIVE', algorithm: { not: algorithm } },
    data: { slot: null },
  });
}
