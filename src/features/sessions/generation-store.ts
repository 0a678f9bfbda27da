import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';

/** Whether the current generation of a session began within so many seconds, by the clock of the database. */
export async function beganWithin(db: Database, id: string, seconds: number): Promise<boolean> {
  const rows = await db.read(Prisma.sql`
    SELECT 1 FROM "Session" WHERE "id" = ${id} AND "rotatedAt" >= ${db.now(-seconds)}`);
  return rows.length > 0;
}

/** Records that an access token of a generation was used, unless one of it or of a later one was before. */
export async function updateUsedGeneration(
  db: Database,
  { id, generation }: { readonly id: string; readonly generation: number },
): Promise<void> {
  await db.write(Prisma.sql`
    UPDATE "Session" SET "usedGeneration" = ${generation}
    WHERE "id" = ${id} AND "usedGeneration" < ${generation}`);
}
