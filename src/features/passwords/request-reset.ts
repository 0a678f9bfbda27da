import type { Context } from '../../core/context.ts';
import { transaction } from '../../db/transaction.ts';
import { auditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import type { NewMail } from '../mail/compose.ts';
import { whenceOf } from '../mail/frame.ts';
import { queueMail } from '../mail/queue.ts';
import { newOneTimeToken } from '../one-time-tokens/tokens.ts';
import { takeAccount } from '../users/manage-store.ts';
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
  const event = auditEvent(ctx, { action: 'password.reset_requested', outcome: 'failure' });
  await transaction(ctx.db, async (tx) => {
    await takeAccount(ctx.db, tx, { id: userId, admins: false });
    const insert = (mail: NewMail | undefined) => insertMailForNobody(tx, userId, mail);
    const entry = { kind: 'passwordResetLink', to, data } as const;
    if (await queueMail(ctx, tx, entry, insert)) await replaceTokenOfNobody(tx, token);
    await insertAuditEvent(ctx.db, tx, event);
  });
  ctx.mail.wake();
}
