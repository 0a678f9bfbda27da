import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { auditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { clearUnprovenEmail } from './store.ts';

/**
 * Frees an address for the account that has just proven it: another account that only claims the address
 * loses it, with the links and codes that went there. An account without a username keeps it, because
 * nothing else names that account; its address can be recovered by a reset. Answers the id of the account
 * that lost the address, whose change is to be published after the commit.
 */
export async function releaseEmail(
  ctx: Context,
  tx: Tx,
  email: string,
): Promise<string | undefined> {
  const cleared = await clearUnprovenEmail(tx, { email, now: ctx.clock.now() });
  if (!cleared) return undefined;
  await deleteOneTimeTokens(tx, cleared.id);
  const target = { type: 'user', id: cleared.id };
  await insertAuditEvent(ctx.db, tx, auditEvent(ctx, { action: 'email.released', target }));
  return cleared.id;
}
