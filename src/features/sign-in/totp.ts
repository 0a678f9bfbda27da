import { findTimeStep, isTotpCode } from '../../adapters/totp.ts';
import type { ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { hasTotp } from '../../db/second-factor.ts';
import { secondFactorBuckets } from '../throttles/rules.ts';
import { secretPurpose, withoutGroups } from '../totp/rules.ts';
import { consumeTimeStep, findTotp, type TotpRow } from '../totp/store.ts';
import type { SecondFactor } from './method.ts';

export const TOTP: SecondFactor = {
  amr: 'otp',
  factors: ['second'],
  freshness: 'session',
  challenge: 'TotpChallenge',
  isSetUp: hasTotp,
  takes: (code) => isTotpCode(withoutGroups(code)),
  throttle: secondFactorBuckets,
  check: async (ctx, user, code) => {
    const totp = user && (await findTotp(ctx.db, user.id));
    if (!totp) return undefined;
    const { userId, secret } = totp;
    const step = timeStepOf(ctx, totp, code);
    if (step === undefined) return undefined;
    return {
      use: async ({ tx }) => {
        const isFirst = await consumeTimeStep(tx, { userId, secret, step });
        if (!isFirst) throw new AppError('WRONG_CODE');
      },
    };
  },
  failures: { signIn: 'WRONG_CODE', stepUp: 'WRONG_CODE' },
};

/**
 * The time step that a code of a user's authenticator app belongs to; undefined where the code is wrong or
 * of a step that was used. Asks for an attempt that is counted: an operation without a throttle has none.
 */
export function timeStepOf(
  ctx: ThrottledContext,
  { userId, secret: sealed, lastTimeStep }: TotpRow,
  code: string,
): number | undefined {
  const secret = ctx.secretBox.open(sealed, secretPurpose(userId));
  const plain = withoutGroups(code);
  return findTimeStep({ secret, code: plain, at: ctx.clock.now(), after: lastTimeStep });
}
