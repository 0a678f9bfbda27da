import type { Database, Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import { transaction } from '../../db/transaction.ts';
import type { Engine } from '../../db/engines/engine.ts';
import { deviceHash } from './device-store.ts';

interface GoneSession {
  readonly userId: string;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
  readonly createdAt: Date | number | bigint;
}

/** A session is over at the earlier of the two; each has its index. */
const ENDS = ['revokedAt', 'expiresAt'] as const;

/**
 * Deletes sessions that ended or expired before a moment, at most `limit`, and remembers their devices in
 * the same transaction. Returns how many.
 */
export function deleteDeadSessions(db: Database, before: Date, limit: number): Promise<number> {
  // Not a `change`: the end of each session was audited and published when it ended.
  return transaction(db, async (tx) => {
    await db.engine.silenceTriggers(tx);
    const gone: GoneSession[] = [];
    for (const end of ENDS) {
      if (gone.length < limit) {
        const batch = { end, before, limit: limit - gone.length };
        gone.push(...(await tx.$queryRaw<GoneSession[]>(deletingSessions(db.engine, batch))));
      }
    }
    await insertKnownDevices(tx, gone);
    return gone.length;
  });
}

/** Sessions that ended or expired before a moment. */
export function deadSessions(before: Date): OldRows {
  const where = Prisma.sql`"revokedAt" < ${before} OR "expiresAt" < ${before}`;
  return { table: 'Session', where, order: 'expiresAt' };
}

/** Devices from which nobody signed in since a moment. */
export function oldDevices(before: Date): OldRows {
  const where = Prisma.sql`"lastSignInAt" < ${before}`;
  return { table: 'KnownDevice', key: ['userId', 'deviceHash'], where, order: 'lastSignInAt' };
}

interface Batch {
  readonly end: (typeof ENDS)[number];
  readonly before: Date;
  readonly limit: number;
}

/**
 * A statement that deletes sessions of one kind of end. On a server it leaves out what others have locked,
 * and holds the users, whom the rows of their devices refer to: a user who is being deleted takes their rows
 * along.
 */
export function deletingSessions(engine: Engine, { end, before, limit }: Batch): Prisma.Sql {
  const column = Prisma.raw(`"Session"."${end}"`);
  return Prisma.sql`
    DELETE FROM "Session" WHERE "id" IN (
      SELECT "Session"."id" FROM "Session" JOIN "User" ON "User"."id" = "Session"."userId"
      WHERE ${column} < ${before} ORDER BY ${column} LIMIT ${limit}
      ${engine.skipLockedOf('Session', 'User')}
    )
    RETURNING "userId", "userAgent", "ipAddress", "createdAt"`;
}

async function insertKnownDevices(tx: Tx, gone: readonly GoneSession[]): Promise<void> {
  const newest = new Map<string, { userId: string; hash: string; at: number }>();
  for (const session of gone) {
    const [userId, hash, at] = [session.userId, deviceHash(session), Number(session.createdAt)];
    const key = `${userId} ${hash}`;
    if ((newest.get(key)?.at ?? -Infinity) < at) newest.set(key, { userId, hash, at });
  }
  if (newest.size === 0) return;
  // Always in one order, so that of two who do this neither waits for the other in a circle.
  const rows = [...newest.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { userId, hash, at }]) => Prisma.sql`(${userId}, ${hash}, ${new Date(at)})`);
  await tx.$executeRaw`
    INSERT INTO "KnownDevice" ("userId", "deviceHash", "lastSignInAt") VALUES ${Prisma.join(rows)}
    ON CONFLICT ("userId", "deviceHash") DO UPDATE SET "lastSignInAt" = excluded."lastSignInAt"
    WHERE "KnownDevice"."lastSignInAt" < excluded."lastSignInAt"`;
}
