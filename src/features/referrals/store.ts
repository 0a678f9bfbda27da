import { addSeconds } from '../../adapters/clock.ts';
import type { Database, Tx } from '../../db/database.ts';
import { Prisma, type UserToken } from '../../db/generated/sqlite/client.ts';
import { newestFirst } from '../../db/newest-first.ts';
import type { PageRequest } from '../../core/page.ts';
import { type NewUserToken, USER_TOKEN_SECONDS } from './rules.ts';

export type UserTokenRow = UserToken;

/** Keeps a token. Those of the same user are forgotten once they have been over as long as they were good. */
export async function insertUserToken(tx: Tx, token: NewUserToken): Promise<UserTokenRow> {
  const { userId, createdAt } = token;
  const over = addSeconds(createdAt, -USER_TOKEN_SECONDS);
  await tx.userToken.deleteMany({ where: { userId, expiresAt: { lte: over } } });
  return tx.userToken.create({ data: token });
}

/** Deletes every referrer token of a user; answers how many there were. */
export async function deleteUserTokens(tx: Tx, userId: string): Promise<number> {
  return (await tx.userToken.deleteMany({ where: { userId } })).count;
}

/** The token of a user that is good longest, if it is good for longer than until `after`. */
export async function findUserTokenOf(
  tx: Tx,
  { userId, after }: { readonly userId: string; readonly after: Date },
): Promise<UserTokenRow | undefined> {
  const found = await tx.userToken.findFirst({
    where: { userId, expiresAt: { gt: after } },
    orderBy: [{ expiresAt: 'desc' }, { id: 'asc' }],
  });
  return found ?? undefined;
}

/** A token by its hash, under whichever key that was made; one that has expired too. */
export async function findUserToken(
  db: Database,
  hashes: readonly string[],
): Promise<UserTokenRow | undefined> {
  const [found] = await db.read<UserTokenRow>(Prisma.sql`
    SELECT * FROM "UserToken" WHERE "tokenHash" IN (${Prisma.join(hashes)})`);
  return found;
}

/** The live tokens of a user, the one that is good longest first, one more than the limit. */
export function listUserTokens(
  db: Database,
  { userId, now }: { readonly userId: string; readonly now: Date },
  page: PageRequest<readonly [number, string]>,
): Promise<UserTokenRow[]> {
  return db.read<UserTokenRow>(Prisma.sql`
    SELECT * FROM "UserToken"
    WHERE "userId" = ${userId} AND "expiresAt" > ${now} ${newestFirst('expiresAt', page)}`);
}
