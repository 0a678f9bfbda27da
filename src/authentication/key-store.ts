import type { Database } from '../db/database.ts';
import { Prisma } from '../db/generated/sqlite/client.ts';
import type { ApiKeyRow, ApiKeyWithUser, UserRow } from '../db/rows.ts';

/** A key by any of its hashes, whether it is over or not. */
export async function findApiKey(
  db: Database,
  hashes: readonly string[],
): Promise<ApiKeyWithUser | undefined> {
  const [key] = await db.read<ApiKeyRow>(
    Prisma.sql`SELECT * FROM "ApiKey" WHERE "keyHash" IN (${Prisma.join([...hashes])})`,
  );
  if (!key) return undefined;
  const [user] = await db.read<UserRow>(
    Prisma.sql`SELECT * FROM "User" WHERE "id" = ${key.userId}`,
  );
  return user && { ...key, user };
}

/** Records the use of a key, unless one was recorded since `before` and its hash is the given one already. */
export async function touchApiKey(
  db: Database,
  use: { readonly id: string; readonly keyHash: string; readonly before: Date; readonly now: Date },
): Promise<void> {
  const { id, keyHash, before, now } = use;
  await db.write(Prisma.sql`
    UPDATE "ApiKey" SET "lastUsedAt" = ${now}, "keyHash" = ${keyHash}
    WHERE "id" = ${id}
      AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= ${before} OR "keyHash" <> ${keyHash})`);
}
