import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';

// One row of "Setting": who cleans up, and until when nobody else does. The clock of the database decides.

const KEY = 'clean-up';

/** Takes the turn for some seconds unless another has it or had it lately. Of any number at once one gets it. */
export async function takeTurn(db: Database, holder: string, seconds: number): Promise<boolean> {
  const taken = await db.write(Prisma.sql`
    INSERT INTO "Setting" ("key", "value", "updatedAt")
    VALUES (${KEY}, ${holder}, ${db.now(seconds)})
    ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "updatedAt" = excluded."updatedAt"
    WHERE "Setting"."updatedAt" <= ${db.now()}
    RETURNING "key"`);
  return taken.length === 1;
}

/** Leaves nobody else the turn for some seconds from now on. Returns false where another has it by now. */
export async function keepTurn(db: Database, holder: string, seconds: number): Promise<boolean> {
  const kept = await db.write(Prisma.sql`
    UPDATE "Setting" SET "updatedAt" = ${db.now(seconds)}
    WHERE "key" = ${KEY} AND "value" = ${holder}
    RETURNING "key"`);
  return kept.length === 1;
}
