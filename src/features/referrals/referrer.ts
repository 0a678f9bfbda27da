import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { takeAccount } from '../users/account-store.ts';
import { findUser } from '../users/store.ts';
import { HASH_PURPOSE } from './rules.ts';
import { findUserToken, type UserTokenRow } from './store.ts';

/** A token as somebody typed it, live or expired; undefined where nobody has it. */
function findTyped({ db, secretBox }: Context, token: string): Promise<UserTokenRow | undefined> {
  return findUserToken(db, secretBox.hashes(token, HASH_PURPOSE));
}

/** Whether a token can be signed up with. */
export async function isLiveToken(ctx: Context, token: string): Promise<boolean> {
  const found = await findTyped(ctx, token);
  if (!found || found.expiresAt <= ctx.clock.now()) return false;
  return (await findUser(ctx.db, found.userId))?.disabled === false;
}

/**
 * The id of whoever gave a token out.
 * @throws REFERRER_INVALID, REFERRER_EXPIRED, REFERRER_INACTIVE
 */
export async function referrerOf(ctx: Context, token: string): Promise<string> {
  const found = await findTyped(ctx, token);
  if (!found) throw new AppError('REFERRER_INVALID');
  if (found.expiresAt <= ctx.clock.now()) throw new AppError('REFERRER_EXPIRED');
  requireActive(await findUser(ctx.db, found.userId));
  return found.userId;
}

/** Holds a referrer for this transaction: one who was disabled or deleted meanwhile is none. */
export async function takeReferrer({ db }: Context, tx: Tx, id: string): Promise<undefined> {
  requireActive((await takeAccount(db, tx, { id, admins: false }))?.account);
}

function requireActive(user: { readonly disabled: boolean } | undefined): void {
  if (!user) throw new AppError('REFERRER_INVALID');
  if (user.disabled) throw new AppError('REFERRER_INACTIVE');
}
