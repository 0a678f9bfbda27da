import { findTimeStep, isTotpCode } from '../../adapters/totp.ts';
import type { Change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { auditUser } from '../audit/event.ts';
import { whenceOf } from '../mail/frame.ts';
import type { UserRow } from '../users/store.ts';
import { hashRecoveryCode, withoutGroups } from './rules.ts';
import { consumeRecoveryCode, consumeTimeStep, countRecoveryCodes, type TotpRow } from './store.ts';

/** Uses up what was shown, in the transaction of what it is shown for; throws WRONG_CODE where it is gone. */
export type UseSecondFactor = (writes: Change) => Promise<void>;

/** A user's secret is sealed for them alone. */
export function secretPurpose(userId: string): string {
  return `totp ${userId}`;
}

/**
 * The time step that a code belongs to by a user's secret. Asks for an attempt that is counted: an
 * operation that declares no throttle has none.
 * @throws WRONG_CODE
 */
export function requireTimeStep(ctx: ThrottledContext, totp: TotpRow, code: string): number {
  const { userId, lastTimeStep } = totp;
  const secret = ctx.secretBox.open(totp.secret, secretPurpose(userId));
  const plain = withoutGroups(code);
  const step = findTimeStep({ secret, code: plain, at: ctx.clock.now(), after: lastTimeStep });
  if (step === undefined) throw new AppError('WRONG_CODE');
  return step;
}

/**
 * Checks a code of the authenticator app or a recovery code. Nothing is used up before what it answers
 * is called, as the last thing in a transaction.
 * @throws WRONG_CODE
 */
export function checkSecondFactor(
  ctx: ThrottledContext,
  totp: TotpRow,
  code: string,
): UseSecondFactor {
  const { user, userId, secret } = totp;
  if (!isTotpCode(withoutGroups(code))) return (writes) => useRecoveryCode(ctx, writes, user, code);
  const step = requireTimeStep(ctx, totp, code);
  return async ({ tx }) => {
    if (!(await consumeTimeStep(tx, { userId, secret, step }))) throw new AppError('WRONG_CODE');
  };
}

async function useRecoveryCode(
  ctx: Context,
  { tx, audit, mail }: Change,
  user: UserRow,
  code: string,
): Promise<void> {
  const now = ctx.clock.now();
  const codeHash = hashRecoveryCode(code);
  if (!(await consumeRecoveryCode(tx, { userId: user.id, codeHash, now }))) {
    throw new AppError('WRONG_CODE');
  }
  const left = await countRecoveryCodes(tx, user.id);
  const data = { ...whenceOf(ctx), left };
  await mail({ kind: 'recoveryCodeUsed', to: user, data });
  audit({
    action: 'totp.recovery_code_used',
    actor: auditUser(user),
    target: { type: 'user', id: user.id },
    details: { count: left },
  });
}
