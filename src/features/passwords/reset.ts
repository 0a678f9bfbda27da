import { sha256 } from '../../adapters/digest.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { whenceOf } from '../mail/frame.ts';
import {
  consumeOneTimeToken,
  findLiveOneTimeToken,
  replaceOneTimeToken,
} from '../one-time-tokens/store.ts';
import { newOneTimeToken } from '../one-time-tokens/tokens.ts';
import { takeAccount } from '../users/account-store.ts';
import { findUser, type UserRow } from '../users/store.ts';
import { applyPassword, type PasswordChanged } from './change.ts';
import { ownerOf, requireAcceptablePassword } from './rules.ts';
import { proveEmail, replacePassword } from './store.ts';

export const PURPOSE = 'password-reset';

/** The front end's page; what it asks with a GET uses nothing up. */
export function resetLink(publicUrl: string, token: string): string {
  const link = new URL(publicUrl);
  link.pathname = `${link.pathname.replace(/\/$/, '')}/reset-password`;
  link.searchParams.set('token', token);
  return link.href;
}

/** Mails a user a link to choose another password; the one before it is void. */
export async function sendResetLink(ctx: Context, user: UserRow): Promise<void> {
  const { secret, row } = newOneTimeToken(ctx, { purpose: PURPOSE, userId: user.id });
  const link = resetLink(ctx.config.publicUrl, secret);
  const data = { ...whenceOf(ctx), link, expiresAt: row.expiresAt };
  await change(ctx, async ({ tx, audit, mail }) => {
    // Taken first: of links that are asked for at once the last one alone is good.
    await takeAccount(ctx.db, tx, { id: user.id, admins: false });
    // Without a mail the link before stays good.
    const isQueued = await mail({ kind: 'passwordResetLink', to: user, data });
    if (isQueued) await replaceOneTimeToken(tx, row);
    audit({ action: 'password.reset_requested', target: { type: 'user', id: user.id } });
  });
}

function findReset(ctx: Context, token: string) {
  const of = { tokenHash: sha256(token), purpose: PURPOSE, now: ctx.clock.now() } as const;
  return findLiveOneTimeToken(ctx.db, of);
}

/** Whose link it is, while it is good; looking uses nothing up. */
export async function findLinkHolder(ctx: Context, token: string): Promise<UserRow | undefined> {
  const reset = await findReset(ctx, token);
  return reset && (await findUser(ctx.db, reset.userId));
}

/**
 * Gives whoever holds a link another password, once. All earlier access to the account ends.
 * @throws RESET_TOKEN_INVALID, PASSWORD_REFUSED, ACCOUNT_DISABLED
 */
export async function useResetLink(
  ctx: Context,
  { token, password }: { readonly token: string; readonly password: string },
): Promise<PasswordChanged> {
  const reset = await findReset(ctx, token);
  const user = reset && (await findUser(ctx.db, reset.userId));
  if (!user) throw new AppError('RESET_TOKEN_INVALID');
  if (user.disabled) throw new AppError('ACCOUNT_DISABLED');
  // A password that is refused uses nothing up.
  requireAcceptablePassword(ctx.config, password, ownerOf(user));

  const to = await ctx.hasher.hash(password, ctx.request.signal);
  const now = ctx.clock.now();
  return applyPassword(ctx, {
    userId: user.id,
    action: 'password.reset',
    mail: 'passwordChanged',
    ends: 'earlier access',
    bySelf: true,
    prove: async (tx) => {
      if (!(await consumeOneTimeToken(tx, { id: reset.id, now }))) {
        throw new AppError('RESET_TOKEN_INVALID');
      }
      return proveEmail(tx, { userId: user.id, now });
    },
    change: async (tx) => {
      const changed = await replacePassword(tx, { userId: user.id, to, mustChange: false, now });
      if (!changed) throw new AppError('RESET_TOKEN_INVALID');
      return changed;
    },
  });
}
