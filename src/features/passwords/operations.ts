import { z } from 'zod';
import { signedIn } from '../../access/actor.ts';
import { AppError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { tellEnded } from '../sessions/operations.ts';
import { currentPasswordThrottle } from '../throttles/rules.ts';
import { passwordInput, requireAcceptablePassword } from './rules.ts';
import { replacePassword } from './store.ts';
import { verifyPassword } from './verify.ts';

export const changePassword = operation({
  name: 'changePassword',
  description: "Replaces the caller's own password. Their other sessions end unless they say no.",
  input: z.object({
    currentPassword: passwordInput.describe('The password as it is now.'),
    newPassword: passwordInput.describe('The password from now on.'),
    revokeOtherSessions: z
      .boolean()
      .default(true)
      .describe('Whether to sign out everywhere else; true unless told (ASVS 7.4.3).'),
  }),
  scopes: { authenticated: true, fresh: 'password' },
  fails: ['WRONG_PASSWORD', 'PASSWORD_REFUSED'],
  throttle: currentPasswordThrottle,
  handle: async (ctx, input) => {
    const { user, session } = signedIn(ctx.actor);
    const right = await verifyPassword(ctx, user.passwordHash, input.currentPassword);
    if (!right) throw new AppError('WRONG_PASSWORD');
    await ctx.attempt.succeeded();
    const hasSecondFactor = user.totpEnabledAt !== null;
    requireAcceptablePassword(ctx.config, input.newPassword, { ...user, hasSecondFactor });

    const to = await ctx.hasher.hash(input.newPassword);
    const now = ctx.clock.now();
    const changed = await replacePassword(ctx.db, {
      userId: user.id,
      from: user.passwordHash,
      to,
      now,
      endSessionsBut: input.revokeOtherSessions ? session.id : undefined,
    });
    ctx.changes.publish({ kind: 'user', userId: user.id });
    if (!changed) throw new AppError('WRONG_PASSWORD');
    tellEnded(ctx, changed.ended);
    return { user: changed.user, revokedSessions: changed.ended.length };
  },
});
