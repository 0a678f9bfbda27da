import type { Database, Tx } from '../../db/database.ts';
import { newestFirst } from '../../db/newest-first.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import type { ApiKeyRow, ApiKeyWithUser } from '../../db/rows.ts';
import type { PageRequest } from '../../core/page.ts';

export type { ApiKeyRow };

/** Whose key, where it matters, and when. */
interface Question {
  readonly id: string;
  readonly userId?: string;
  readonly now: Date;
}

const isLive = (now: Date) => ({
  revokedAt: null,
  OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
});

/** A live key whose hash is under another SECRET_KEY than the first, with the handle of its owner. */
export interface OldKey extends Pick<ApiKeyRow, 'id' | 'name' | 'hint' | 'lastUsedAt'> {
  readonly owner: string;
}

/** Live keys whose hashes do not begin with a prefix, by their ids, after one of them. */
export function listOldKeys(
  db: Database,
  question: {
    readonly prefix: string;
    readonly now: Date;
    readonly after: string;
    readonly take: number;
  },
): Promise<OldKey[]> {
  const { prefix, now, after, take } = question;
  return db.read<OldKey>(Prisma.sql`
    SELECT "k"."id", "k"."name", "k"."hint", "k"."lastUsedAt", "u"."handleKey" AS "owner"
    FROM "ApiKey" AS "k" JOIN "User" AS "u" ON "u"."id" = "k"."userId"
    WHERE "k"."id" > ${after} AND "k"."revokedAt" IS NULL
      AND ("k"."expiresAt" IS NULL OR "k"."expiresAt" > ${now})
      AND substr("k"."keyHash", 1, ${Prisma.raw(String(prefix.length))}) <> ${prefix}
    ORDER BY "k"."id" LIMIT ${take}`);
}

/** The live keys of somebody, the newest first, one more than the limit; all of them without a page. */
export function listApiKeys(
  db: Database,
  { userId, now }: { readonly userId: string; readonly now: Date },
  page?: PageRequest<readonly [number, string]>,
): Promise<ApiKeyRow[]> {
  const rest = page
    ? newestFirst('createdAt', page)
    : Prisma.sql`ORDER BY "createdAt" DESC, "id" DESC`;
  return db.read<ApiKeyRow>(Prisma.sql`
    SELECT * FROM "ApiKey"
    WHERE "userId" = ${userId} AND "revokedAt" IS NULL
      AND ("expiresAt" IS NULL OR "expiresAt" > ${now}) ${rest}`);
}

/** A live key; with a user, only if it is theirs. */
export async function findLiveApiKey(
  tx: Tx,
  { id, userId, now }: Question,
): Promise<ApiKeyRow | undefined> {
  const own = userId === undefined ? {} : { userId };
  return (await tx.apiKey.findFirst({ where: { id, ...own, ...isLive(now) } })) ?? undefined;
}

/** How many keys of somebody can be used. */
export function countLiveApiKeys(tx: Tx, userId: string, now: Date): Promise<number> {
  return tx.apiKey.count({ where: { userId, ...isLive(now) } });
}

export function insertApiKey(tx: Tx, data: ApiKeyRow): Promise<ApiKeyRow> {
  return tx.apiKey.create({ data });
}

/** Forgets the keys of somebody that were over at a moment. */
export async function deleteOldApiKeys(tx: Tx, userId: string, overAt: Date): Promise<void> {
  await tx.apiKey.deleteMany({
    where: { userId, OR: [{ revokedAt: { lte: overAt } }, { expiresAt: { lte: overAt } }] },
  });
}

/** Puts another key in the place of a live one, once; says whether it did. */
export async function replaceApiKey(
  tx: Tx,
  { id, now, by, until }: Question & { readonly by: string; readonly until: Date },
): Promise<boolean> {
  const { count } = await tx.apiKey.updateMany({
    where: { id, replacedById: null, ...isLive(now) },
    data: { replacedById: by, expiresAt: until },
  });
  return count === 1;
}

/** Ends every live key of a user; answers how many there were. */
export async function revokeAllApiKeys(
  tx: Tx,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<number> {
  const where = { userId, ...isLive(now) };
  const { count } = await tx.apiKey.updateMany({ where, data: { revokedAt: now } });
  return count;
}

/** Ends a live key, with its owner; with a user, only if it is theirs. */
export async function revokeApiKey(
  tx: Tx,
  { id, userId, now }: Question,
): Promise<ApiKeyWithUser | undefined> {
  const own = userId === undefined ? {} : { userId };
  const [revoked] = await tx.apiKey.updateManyAndReturn({
    where: { id, ...own, ...isLive(now) },
    data: { revokedAt: now },
    include: { user: true },
  });
  return revoked;
}
