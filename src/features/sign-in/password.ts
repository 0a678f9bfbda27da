import type { ThrottledContext } from '../../core/context.ts';
import type { UserRow } from '../../db/rows.ts';
import { rehashPassword } from '../passwords/store.ts';
import { verifyPassword } from '../passwords/verify.ts';
import { signInBuckets } from '../throttles/rules.ts';
import { findUser } from '../users/store.ts';
import type { SignInMethod } from './method.ts';

export const PASSWORD: SignInMethod = {
  amr: 'pwd',
  factors: ['first'],
  freshness: 'call',
  // An account without a password is asked for one as well: the answer must not tell the difference.
  isSetUp: () => true,
  takes: () => true,
  throttle: (ctx, login = '') => signInBuckets(ctx, login),
  check: async (ctx, user, password) =>
    (await verifyPassword(ctx, user?.passwordHash, password)) ? {} : undefined,
  failures: { signIn: 'INVALID_CREDENTIALS', stepUp: 'WRONG_PASSWORD' },
};

/**
 * Stores a costlier hash of a password that was right, where the settings ask for one.
 * @returns the user as stored; undefined where another password has replaced this one meanwhile
 */
export async function renewHash(
  ctx: ThrottledContext,
  user: UserRow,
  password: string,
): Promise<UserRow | undefined> {
  const { id: userId, passwordHash: from } = user;
  if (from === null || !ctx.hasher.needsRehash(from)) return user;
  const to = await ctx.hasher.hash(password, ctx.request.signal);
  if (await rehashPassword(ctx.db, { userId, from, to })) {
    // eslint-disable-next-line no-restricted-syntax -- the new hash is one statement; nothing is audited
    ctx.changes.publish({ kind: 'user', userId });
    return { ...user, passwordHash: to };
  }
  // Another sign-in was faster, or another password took the place of this one.
  const renewed = await findUser(ctx.db, userId);
  const isRight = await verifyPassword(ctx, renewed?.passwordHash, password);
  return isRight ? renewed : undefined;
}
