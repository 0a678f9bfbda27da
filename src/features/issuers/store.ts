import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';

/** Rows of "Setting": one for each issuer that a process used lately, with the time of its last sign of life. */
const PREFIX = 'issuer ';

export async function noteIssuer(db: Database, issuer: string, now: Date): Promise<void> {
  const key = PREFIX + issuer;
  const create = { key, value: '', updatedAt: now };
  await db.prisma.setting.upsert({ where: { key }, create, update: { updatedAt: now } });
}

export async function listIssuers(db: Database, since: Date): Promise<readonly string[]> {
  const rows = await db.prisma.setting.findMany({
    where: { key: { startsWith: PREFIX }, updatedAt: { gte: since } },
    orderBy: { key: 'asc' },
    take: 10,
  });
  return rows.map(({ key }) => key.slice(PREFIX.length));
}

export async function deleteIssuer(db: Database, issuer: string): Promise<void> {
  await db.prisma.setting.deleteMany({ where: { key: PREFIX + issuer } });
}

/** Issuers of which nothing was seen since a moment. */
export function oldIssuers(before: Date): OldRows {
  const where = Prisma.sql`"key" LIKE ${`${PREFIX}%`} AND "updatedAt" < ${before}`;
  return { table: 'Setting', key: ['key'], where, order: 'key' };
}
