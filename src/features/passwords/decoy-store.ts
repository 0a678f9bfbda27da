import type { Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { insertInto } from '../../db/sql.ts';
import type { NewMail } from '../../core/mail.ts';
import { insertingMail } from '../mail/store.ts';
import type { NewOneTimeToken } from '../one-time-tokens/tokens.ts';

// What it takes to keep a link and to mail it, for a user who does not exist: nothing is written.

export async function insertMailForNobody(
  tx: Tx,
  userId: string,
  mail: NewMail | undefined,
): Promise<void> {
  if (mail) await tx.$executeRaw(insertingMail(mail, ifThere(userId)));
}

export async function replaceTokenOfNobody(tx: Tx, token: NewOneTimeToken): Promise<void> {
  const { userId, purpose } = token;
  await tx.oneTimeToken.deleteMany({ where: { userId, purpose } });
  await tx.oneTimeToken.deleteMany({ where: { userId, expiresAt: { lte: token.createdAt } } });
  const inserting = insertInto('OneTimeToken', token, ifThere(userId));
  await tx.$queryRaw(Prisma.sql`${inserting} RETURNING "id"`);
}

function ifThere(userId: string): Prisma.Sql {
  return Prisma.sql`FROM "User" WHERE "id" = ${userId}`;
}
