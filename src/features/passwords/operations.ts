import { z } from 'zod';
import { callerId, inSession, signedIn } from '../../core/actor.ts';
import { whenGone } from '../../core/answer.ts';
import { beyondRequest, type Context, type ThrottledContext } from '../../core/context.ts';
import { AppError, isGeneric } from '../../core/errors.ts';
import { operation } from '../../core/operation.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { rememberDevice } from '../throttles/device.ts';
import {
  currentPasswordThrottle,
  passwordResetThrottle,
  signInPlaces,
} from '../throttles/rules.ts';
import { account, getAccount, namesAccount, ONE_ACCOUNT } from '../users/account-input.ts';
import { emailInput } from '../users/rules.ts';
import type { UserRow } from '../users/store.ts';
import { applyPassword, type PasswordChanged } from './change.ts';
import { mailResetLink } from './request-reset.ts';
import { findLinkHolder, sendResetLink, useResetLink } from './reset.ts';
import { ownerOf, passwordInput, passwordToCheck, requireAcceptablePassword } from './rules.ts';
import { replacePassword } from './store.ts';
import { verifyPassword } from './verify.ts';

const changeInput = z.object({
  currentPassword: passwordToCheck.describe('The password as it is now.'),
  newPassword: passwordInput.describe('The password from now on.'),
  revokeOtherSessions: z
    .boolean()
    .default(true)
    .describe('Whether to sign out everywhere else; true unless told (ASVS 7.4.3).'),
  revokeApiKeys: z
    .boolean()
    .default(false)
    .describe("Whether to end all of the caller's API keys as well; false unless told."),
});

export const changePassword = operation({
  name: 'changePassword',
  description:
    "Replaces the caller's own password. Their other sessions end unless they say no, their API keys if they say so; they are told by mail.",
  input: changeInput,
  scopes: { authenticated: true, fresh: 'password' },
  beforePasswordChange: true,
  fails: ['WRONG_PASSWORD', 'PASSWORD_REFUSED'],
  throttle: currentPasswordThrottle,
  handle: async (ctx, input) => {
    try {
      return await changeOwn(ctx, input);
    } catch (error) {
      if (error instanceof AppError && !isGeneric(error.code)) {
        const { id } = signedIn(ctx.actor).user;
        await recordAuditEvent(ctx, {
          action: 'password.change_failed',
          outcome: 'failure',
          target: { type: 'user', id },
          details: { reason: error.code },
        });
      }
      throw error;
    }
  },
});

async function changeOwn(
  ctx: ThrottledContext,
  input: z.output<typeof changeInput>,
): Promise<PasswordChanged> {
  const { user, session } = inSession(ctx.actor);
  const right = await verifyPassword(ctx, user.passwordHash, input.currentPassword);
  if (!right) throw new AppError('WRONG_PASSWORD');
  await ctx.attempt.succeeded();
  requireAcceptablePassword(ctx.config, input.newPassword, ownerOf(user));

  const to = await ctx.hasher.hash(input.newPassword, ctx.request.signal);
  const { id: userId, passwordHash: from } = user;
  return applyPassword(ctx, {
    userId,
    action: 'password.changed',
    mail: 'passwordChanged',
    ends: {
      sessionId: session.id,
      otherSessions: input.revokeOtherSessions,
      apiKeys: input.revokeApiKeys,
    },
    change: async (tx) => {
      const now = ctx.clock.now();
      const changed = await replacePassword(tx, { userId, from, to, mustChange: false, now });
      // Another change was faster, or the account is gone.
      if (!changed) throw new AppError('WRONG_PASSWORD');
      return changed;
    },
  });
}

export const resetPassword = operation({
  name: 'resetPassword',
  description:
    'Replaces the password of somebody who lost it: their sessions and API keys end, and they have to choose another one before they do anything else. Without a new password they are sent a link to choose one themselves (ASVS 6.4.6). They are told by mail either way; their second factor stays. For oneself there is `changePassword`.',
  input: z
    .object({
      ...account,
      newPassword: passwordInput.nullish().describe('What they sign in with once.'),
    })
    .refine(namesAccount, ONE_ACCOUNT),
  scopes: { permission: 'users:reset-password', fresh: 'session' },
  fails: ['USER_NOT_FOUND', 'OWN_ACCOUNT', 'PASSWORD_REFUSED', 'EMAIL_MISSING'],
  handle: async (ctx, { id, login, newPassword }) => {
    const user = await getOther(ctx, { id, login });
    if (newPassword != null) return givePassword(ctx, user, newPassword);
    if (user.email === null) throw new AppError('EMAIL_MISSING');
    await sendResetLink(ctx, user);
    return { user, revokedSessions: 0, revokedApiKeys: 0 };
  },
});

export const resetPasswordTo = operation({
  name: 'resetPassword.to',
  description: 'The same for clients that always say what the password is to be.',
  input: z.object({
    login: account.login.unwrap().unwrap(),
    newPassword: passwordInput.describe('What they sign in with once.'),
  }),
  scopes: resetPassword.scopes,
  fails: ['USER_NOT_FOUND', 'OWN_ACCOUNT', 'PASSWORD_REFUSED'],
  handle: async (ctx, { login, newPassword }) =>
    givePassword(ctx, await getOther(ctx, { login }), newPassword),
});

async function getOther(ctx: Context, named: Parameters<typeof getAccount>[1]): Promise<UserRow> {
  const user = await getAccount(ctx, named);
  if (user.id === callerId(ctx.actor)) throw new AppError('OWN_ACCOUNT');
  return user;
}

async function givePassword(
  ctx: Context,
  user: UserRow,
  newPassword: string,
): Promise<PasswordChanged> {
  requireAcceptablePassword(ctx.config, newPassword, ownerOf(user));
  const to = await ctx.hasher.hash(newPassword, ctx.request.signal);
  return applyPassword(ctx, {
    userId: user.id,
    action: 'password.reset',
    mail: 'passwordReset',
    ends: 'earlier access',
    change: async (tx) => {
      const now = ctx.clock.now();
      const changed = await replacePassword(tx, { userId: user.id, to, mustChange: true, now });
      if (!changed) throw new AppError('USER_NOT_FOUND');
      return changed;
    },
  });
}

export const requestPasswordReset = operation({
  name: 'requestPasswordReset',
  description:
    'Mails a link to choose another password to an address, if an account has it. The answer is the same, and comes as soon, whether one has. The link is PUBLIC_URL + `/reset-password?token=…`; it is good once, for half an hour, until a newer one is sent.',
  input: z.object({ email: emailInput.describe('The e-mail address of the account.') }),
  scopes: { public: true },
  fails: [],
  throttle: passwordResetThrottle,
  handle: async (ctx, { email }) => {
    const isTakenOn = ctx.background.run(
      'a link to reset a password was not sent',
      () => mailResetLink(beyondRequest(ctx), email),
      whenGone(ctx.request.answer),
    );
    if (!isTakenOn) throw new AppError('OVERLOADED', { retryAfterSeconds: 1 });
    return { email };
  },
});

const tokenInput = z.string().max(8192).describe('What the link carries.');

export const completePasswordReset = operation({
  name: 'completePasswordReset',
  description:
    'Gives whoever holds the link of a mail another password. All sessions, API keys and tokens of the account end and its address counts as proven. Its second factor stays (ASVS 6.4.3), unless the address was never proven before. A password that is refused does not use the link up.',
  input: z.object({
    token: tokenInput,
    password: passwordInput.describe('The password from now on.'),
  }),
  scopes: { public: true },
  fails: ['RESET_TOKEN_INVALID', 'PASSWORD_REFUSED', 'ACCOUNT_DISABLED'],
  handle: async (ctx, input) => {
    const { user, revokedSessions, revokedApiKeys } = await useResetLink(ctx, input);
    await ctx.throttles.trust(signInPlaces(ctx, user));
    rememberDevice(ctx, user);
    return { revokedSessions, revokedApiKeys };
  },
});

export const meOrHolder = operation({
  name: 'me.orHolderOfResetLink',
  description:
    'The person who is signed in; without one, the person whose live link to reset a password is shown. Uses nothing up.',
  input: z.object({ token: tokenInput.optional() }),
  scopes: { public: true },
  fails: [],
  handle: async (ctx, { token }) => {
    if (ctx.actor.kind !== 'anonymous') return { user: signedIn(ctx.actor).user, isSignedIn: true };
    const holder = token === undefined ? undefined : await findLinkHolder(ctx, token);
    if (!holder || holder.disabled) throw new AppError('UNAUTHENTICATED');
    return { user: holder, isSignedIn: false };
  },
});
