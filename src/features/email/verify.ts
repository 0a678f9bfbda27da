import { sha256 } from '../../adapters/digest.ts';
import type { ThrottledContext } from '../../context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { AppError, isGeneric } from '../../errors.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { composeMail } from '../mail/compose.ts';
import { insertMail } from '../mail/store.ts';
import {
  claimOneTimeTry,
  consumeOneTimeToken,
  deleteOneTimeTokens,
  type OneTimeTokenRow,
} from '../one-time-tokens/store.ts';
import { takeAccount } from '../users/manage-store.ts';
import { foldName } from '../users/rules.ts';
import type { UserRow } from '../users/store.ts';
import { type CodePurpose, hashCode } from './code.ts';
import { updateEmail, verifyEmail } from './store.ts';

/** Whose a code is, and the address that it went to. */
interface Code {
  readonly user: UserRow;
  readonly email: string;
}

/**
 * Does what a code from a mail is for, once. The try is counted before the code is looked at. Answers the
 * address that is proven.
 * @throws EMAIL_OTP_INVALID, WRONG_CODE, EMAIL_TAKEN
 */
export async function useCode(
  ctx: ThrottledContext,
  { token, otp }: { readonly token: string; readonly otp: string },
): Promise<string> {
  const claimed =
    (await claim(ctx, token, 'email-code')) ?? (await claim(ctx, token, 'email-change'));
  try {
    if (!claimed) throw new AppError('EMAIL_OTP_INVALID');
    if (claimed.codeHash !== hashCode(token, otp)) throw new AppError('WRONG_CODE');
    const email = await transaction(ctx.db, (tx) => applyCode(ctx, tx, claimed));
    await ctx.attempt.succeeded();
    ctx.changes.publish({ kind: 'user', userId: claimed.userId });
    ctx.mail.wake();
    return email;
  } catch (error) {
    if (error instanceof AppError && !isGeneric(error.code)) {
      await recordAuditEvent(ctx, {
        action: 'email.verify_failed',
        outcome: 'failure',
        ...(claimed && { target: { type: 'user', id: claimed.userId } }),
        details: { reason: error.code },
      });
    }
    throw error;
  }
}

function claim(ctx: ThrottledContext, token: string, purpose: CodePurpose) {
  return claimOneTimeTry(ctx.db, { tokenHash: sha256(token), purpose, now: ctx.clock.now() });
}

async function applyCode(
  ctx: ThrottledContext,
  tx: Tx,
  { id, userId, purpose, email }: OneTimeTokenRow,
): Promise<string> {
  const taken = await takeAccount(ctx.db, tx, { id: userId, admins: false });
  const isFirst = taken && (await consumeOneTimeToken(tx, { id, now: ctx.clock.now() }));
  if (!isFirst || taken.account.disabled || email === null) throw new AppError('EMAIL_OTP_INVALID');
  const code = { user: taken.account, email };
  await (purpose === 'email-change' ? changeAddress : proveAddress)(ctx, tx, code);
  return email;
}

async function proveAddress(ctx: ThrottledContext, tx: Tx, { user, email }: Code): Promise<void> {
  const emailKey = foldName(email);
  // It went to the address that they had then.
  if (user.emailKey !== emailKey) throw new AppError('EMAIL_OTP_INVALID');
  await verifyEmail(tx, { userId: user.id, emailKey, now: ctx.clock.now() });
  await note(ctx, tx, 'email.verified', user);
}

/** What links and codes went to the address before end with it, and who reads its mail is told. */
async function changeAddress(ctx: ThrottledContext, tx: Tx, { user, email }: Code): Promise<void> {
  const now = ctx.clock.now();
  await updateEmail(tx, { user, email, now });
  await deleteOneTimeTokens(tx, user.id);
  const { userAgent: device, ipAddress: address } = ctx.request;
  const data = { device, address, at: now };
  await insertMail(tx, composeMail(ctx, { kind: 'emailChanged', to: user, data }));
  await note(ctx, tx, 'email.changed', user);
}

/** The request says nothing of who it is: the token does. */
async function note(
  ctx: ThrottledContext,
  tx: Tx,
  action: 'email.verified' | 'email.changed',
  user: UserRow,
): Promise<void> {
  const target = { type: 'user', id: user.id };
  const event = auditEvent(ctx, { action, actor: auditUser(user), target });
  await insertAuditEvent(ctx.db, tx, event);
}
