import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { NewMail } from '../../core/mail.ts';
import { whenceOf } from '../mail/frame.ts';
import { newOneTimeToken } from '../one-time-tokens/tokens.ts';
import { takeAccount } from '../users/account-store.ts';
import { findUserByLogin } from '../users/store.ts';
import { insertMailForNobody, replaceTokenOfNobody } from './decoy-store.ts';
import { PURPOSE, resetLink, sendResetLink } from './reset.ts';

/**
 * Mails a link to choose another password to an address, if an active account has it. Costs the same
 * work if none has: what the server does next must not wait longer for an account that exists.
 */
export async function mailResetLink(ctx: Context, email: string): Promise<void> {
  const user = await findUserByLogin(ctx.db, email);
  await (user && !user.disabled ? sendResetLink(ctx, user) : sendNothing(ctx, email));
}

/** What `sendResetLink` does, for nobody. The audit log has the request without a target. */
async function sendNothing(ctx: Context, email: string): Promise<void> {
  const userId = ctx.random.uuid();
  const { secret, row: token } = newOneTimeToken(ctx, { purpose: PURPOSE, userId });
  const link = resetLink(ctx.config.publicUrl, secret);
  const data = { ...whenceOf(ctx), link, expiresAt: token.expiresAt };
  const to = { email, name: '', username: null, emailVerifiedAt: null };
  await change(ctx, async ({ tx, audit, mail }) => {
    await takeAccount(ctx.db, tx, { id: userId, admins: false });
    const insert = (made: NewMail | undefined) => insertMailForNobody(tx, userId, made);
    const entry = { kind: 'passwordResetLink', to, data } as const;
    if (await mail(entry, insert)) await replaceTokenOfNobody(tx, token);
    audit({ action: 'password.reset_requested', outcome: 'failure' });
  });
}
