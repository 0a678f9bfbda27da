import { sha256 } from '../../adapters/digest.ts';
import { type Change, change } from '../../core/change.ts';
import type { ThrottledContext } from '../../core/context.ts';
import { AppError, isGeneric } from '../../core/errors.ts';
import { auditUser } from '../audit/event.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { whenceOf } from '../mail/frame.ts';
import {
  claimOneTimeTry,
  consumeOneTimeToken,
  type OneTimeTokenRow,
} from '../one-time-tokens/store.ts';
import { endEarlierAccess } from '../recovery/end-access.ts';
import { takeAccount } from '../users/account-store.ts';
import { foldName } from '../users/rules.ts';
import type { UserRow } from '../users/store.ts';
import { type CodePurpose, hashCode } from './code.ts';
import { releaseEmail } from './release.ts';
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
    const email = await change(ctx, (writes) => applyCode(ctx, writes, claimed));
    await ctx.attempt.succeeded();
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
  writes: Change,
  { id, userId, purpose, sessionId, email }: OneTimeTokenRow,
): Promise<string> {
  const { tx } = writes;
  const taken = await takeAccount(ctx.db, tx, { id: userId, admins: false });
  const isFirst = taken && (await consumeOneTimeToken(tx, { id, now: ctx.clock.now() }));
  if (!isFirst || taken.account.disabled || email === null) throw new AppError('EMAIL_OTP_INVALID');
  const code = { user: taken.account, email };
  const isChange = purpose === 'email-change' && taken.account.emailKey !== foldName(email);
  if (isChange) await releaseEmail(ctx, writes, email);
  const apply = purpose === 'email-change' ? changeAddress : proveAddress;
  const user = await apply(ctx, writes, code);
  await endEarlierAccess(ctx, writes, {
    user,
    byOwner: true,
    keepSessionId: provingSession(ctx, userId) ?? sessionId ?? undefined,
    // The session that asked for the code has shown it.
    endsSecondFactor: false,
  });
  return email;
}

/** The session of the account that shows the code. Without one the session stays that asked for it. */
function provingSession({ actor }: ThrottledContext, userId: string): string | undefined {
  return actor.kind === 'user' && actor.user.id === userId ? actor.session.id : undefined;
}

async function proveAddress(
  ctx: ThrottledContext,
  { tx, audit }: Change,
  { user, email }: Code,
): Promise<UserRow> {
  const emailKey = foldName(email);
  const proven = await verifyEmail(tx, { userId: user.id, emailKey, now: ctx.clock.now() });
  // The code went to the address that the account had then.
  if (!proven) throw new AppError('EMAIL_OTP_INVALID');
  audit(byOwner('email.verified', user));
  return proven;
}

/** What links and codes went to the address before end with it, and who reads its mail is told. */
async function changeAddress(
  ctx: ThrottledContext,
  { tx, audit, mail }: Change,
  { user, email }: Code,
): Promise<UserRow> {
  const now = ctx.clock.now();
  const changed = await updateEmail(tx, { user, email, now });
  await mail({ kind: 'emailChanged', to: user, data: whenceOf(ctx) });
  audit(byOwner('email.changed', user));
  return changed;
}

/** The request says nothing of who it is: the token does. */
function byOwner<A extends 'email.verified' | 'email.changed'>(action: A, user: UserRow) {
  return { action, actor: auditUser(user), target: { type: 'user', id: user.id } } as const;
}
