import type { Tx } from '../../db/client.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { insertInto } from '../../db/sql.ts';
import type { NewMail } from '../mail/compose.ts';
import { outboxRow } from '../mail/store.ts';
import type { NewOneTimeToken } from '../one-time-tokens/tokens.ts';

/** What it takes to keep a link and to mail it, for a user who does not exist: nothing is written. */
export async function insertForNobody(
  tx: Tx,
  { token, mail }: { readonly token: NewOneTimeToken; readonly mail: NewMail },
): Promise<void> {
  const { userId, purpose } = token;
  const ifThere = Prisma.sql`FROM "User" WHERE "id" = ${userId} RETURNING "id"`;
  await tx.oneTimeToken.deleteMany({ where: { userId, purpose } });
  await tx.oneTimeToken.deleteMany({ where: { userId, expiresAt: { lte: token.createdAt } } });
  await tx.$queryRaw(insertInto('OneTimeToken', token, ifThere));
  await tx.$queryRaw(insertInto('OutboxMail', outboxRow(mail), ifThere));
}
