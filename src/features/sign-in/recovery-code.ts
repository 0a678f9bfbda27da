import type { Change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { UserRow } from '../../db/rows.ts';
import { hasTotp } from '../../db/second-factor.ts';
import { auditUser } from '../audit/event.ts';
import { whenceOf } from '../mail/frame.ts';
import { secondFactorBuckets } from '../throttles/rules.ts';
import { hashRecoveryCode } from '../totp/rules.ts';
import { consumeRecoveryCode, countRecoveryCodes } from '../totp/store.ts';
import type { SecondFactor } from './method.ts';

/** Stands in for the authenticator app: one reference, one challenge and one count of attempts for both. */
export const RECOVERY_CODE: SecondFactor = {
  amr: 'otp',
  factors: ['second'],
  freshness: 'session',
  challenge: 'TotpChallenge',
  isSetUp: hasTotp,
  takes: () => true,
  throttle: secondFactorBuckets,
  // The statement that uses a code up is the one that finds it.
  check: async (ctx, user, code) =>
    user && { use: (writes) => useRecoveryCode(ctx, writes, user, code) },
  failures: { signIn: 'WRONG_CODE', stepUp: 'WRONG_CODE' },
};

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
