import type { Database, Tx } from '../../db/database.ts';

/** The row of "Setting" that holds the sealed setup token of all processes. */
export const SETUP_TOKEN_KEY = 'setup-token';

/** Stores a sealed token unless there is one already, and returns the one that is stored. */
export async function insertSetupToken(db: Database, sealed: string, now: Date): Promise<string> {
  const [row] = await db.prisma.$queryRaw<{ value: string }[]>`
    INSERT INTO "Setting" AS known ("key", "value", "updatedAt")
    VALUES (${SETUP_TOKEN_KEY}, ${sealed}, ${now})
    ON CONFLICT ("key") DO UPDATE SET "value" = known."value"
    RETURNING "value"`;
  return row?.value ?? sealed;
}

export async function findSetupToken(tx: Tx): Promise<string | undefined> {
  const row = await tx.setting.findUnique({ where: { key: SETUP_TOKEN_KEY } });
  return row?.value;
}

/** Deletes the stored token; with `sealed` only if it is still that one. Returns whether it did. */
export async function deleteSetupToken(tx: Tx, sealed?: string): Promise<boolean> {
  const where = { key: SETUP_TOKEN_KEY, ...(sealed !== undefined && { value: sealed }) };
  return (await tx.setting.deleteMany({ where })).count === 1;
}
