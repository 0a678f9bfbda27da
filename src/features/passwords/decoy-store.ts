import type { Tx } from '../../db/client.ts';
import type { NewOneTimeToken } from '../one-time-tokens/tokens.ts';

/**
 * Asks of the database what a link costs that is kept and mailed, and changes nothing: for an address
 * without an account.
 */
export async function writeNothing(tx: Tx, { id, userId, purpose }: NewOneTimeToken) {
  await tx.oneTimeToken.deleteMany({ where: { userId, purpose } });
  await tx.oneTimeToken.deleteMany({ where: { userId } });
  await tx.oneTimeToken.deleteMany({ where: { id } });
  await tx.outboxMail.deleteMany({ where: { id } });
}
