import { signedIn } from '../../core/actor.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { findLiveApiKey } from '../api-keys/store.ts';
import { takeAccount } from '../users/account-store.ts';
import type { UserRow } from '../users/store.ts';
import { isSessionAlive } from './store.ts';

/**
 * Locks the account of the caller for this transaction. Refuses a caller whose session or API key ended
 * after the request began: otherwise a request under way could give access again that a reset of the
 * password has just ended. Every operation that makes a credential calls it first.
 * @throws UNAUTHENTICATED
 */
export async function lockCaller(ctx: Context, tx: Tx): Promise<UserRow> {
  const caller = signedIn(ctx.actor);
  const taken = await takeAccount(ctx.db, tx, { id: caller.user.id, admins: false });
  const now = ctx.clock.now();
  const isAlive =
    caller.kind === 'user'
      ? await isSessionAlive(tx, { id: caller.session.id, now })
      : (await findLiveApiKey(tx, { id: caller.key.id, now })) !== undefined;
  if (!taken || taken.account.disabled || !isAlive) throw new AppError('UNAUTHENTICATED');
  return taken.account;
}
