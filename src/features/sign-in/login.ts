import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { UserRow } from '../../db/rows.ts';
import { signInPlaces } from '../throttles/rules.ts';
import { findUserByLogin } from '../users/store.ts';
import { recordFailure } from './attempts.ts';
import { PASSWORD, renewHash } from './password.ts';

export interface Login {
  /** The username or the e-mail address, as typed. */
  readonly username: string;
  readonly password: string;
}

/**
 * Finds the user who signs in by a login name and a password. Unknown name and wrong password are one
 * answer after the same work (ASVS 6.3.8).
 * @throws INVALID_CREDENTIALS, ACCOUNT_DISABLED
 */
export async function checkLogin(ctx: ThrottledContext, login: Login): Promise<UserRow> {
  const user = await findUserByLogin(ctx.db, login.username);
  const right = await PASSWORD.check(ctx, user, login.password);
  if (!user || !right) throw await refused(ctx, 'INVALID_CREDENTIALS', user?.id);
  if (user.disabled) throw await refused(ctx, 'ACCOUNT_DISABLED', user.id);
  await ctx.attempt.succeeded(signInPlaces(ctx, user));
  const renewed = await renewHash(ctx, user, login.password);
  if (!renewed) throw await refused(ctx, 'INVALID_CREDENTIALS', user.id);
  return renewed;
}

/** Audits a refusal, with the same work whether the account exists. */
async function refused(
  ctx: Context,
  reason: 'INVALID_CREDENTIALS' | 'ACCOUNT_DISABLED',
  userId: string | undefined,
): Promise<AppError> {
  await recordFailure(ctx, 'signIn', { reason, userId });
  return new AppError(reason);
}
