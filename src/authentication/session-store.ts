import type { Database } from '../db/database.ts';
import { Prisma } from '../db/generated/sqlite/client.ts';
import type { SessionRow, SessionWithUser, UserRow } from '../db/rows.ts';

/** A session with its user, whether it is active or not. */
export async function findSession(db: Database, id: string): Promise<SessionWithUser | undefined> {
  const [session] = await db.read<SessionRow>(
    Prisma.sql`SELECT * FROM "Session" WHERE "id" = ${id}`,
  );
  if (!session) return undefined;
  const [user] = await db.read<UserRow>(
    Prisma.sql`SELECT * FROM "User" WHERE "id" = ${session.userId}`,
  );
  return user && { ...session, user };
}

/** The session of an opaque token, by the hash of the token. */
export async function findSessionIdByOpaqueToken(
  db: Database,
  opaqueTokenHash: string,
): Promise<string | undefined> {
  const [found] = await db.read<{ id: string }>(
    Prisma.sql`SELECT "id" FROM "Session" WHERE "opaqueTokenHash" = ${opaqueTokenHash}`,
  );
  return found?.id;
}

/** Notes that a session was used, unless somebody did since `before`. */
export async function touchSession(
  db: Database,
  { id, before, now }: { readonly id: string; readonly before: Date; readonly now: Date },
): Promise<void> {
  await db.write(Prisma.sql`
    UPDATE "Session" SET "lastSeenAt" = ${now} WHERE "id" = ${id} AND "lastSeenAt" <= ${before}`);
}

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
