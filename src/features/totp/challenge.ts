import { sha256 } from '../../adapters/digest.ts';
import { change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError, isGeneric } from '../../core/errors.ts';
import type { State, Throttle } from '../../core/operation.ts';
import { recordAuditEvent } from '../audit/record.ts';
import {
  claimOneTimeTry,
  consumeOneTimeToken,
  findOneTimeTokenUser,
  insertOneTimeToken,
} from '../one-time-tokens/store.ts';
import { newOneTimeToken, ONE_TIME_PURPOSES } from '../one-time-tokens/tokens.ts';
import type { Proof } from '../sessions/sign-in.ts';
import { secondFactorBuckets, signInPlaces } from '../throttles/rules.ts';
import { takeAccount } from '../users/account-store.ts';
import type { UserRow } from '../users/store.ts';
import { checkSecondFactor } from './second-factor.ts';
import { findTotp } from './store.ts';

const PURPOSE = 'sign-in';

/** Where a sign-in stands once the password was right and a second factor is asked for. */
export interface TotpChallenge extends State {
  readonly state: 'TotpChallenge';
  /** Goes into `completeLogin`, once. */
  readonly challengeToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * Asks a user, whose password was right, for the second factor.
 * @throws UNAUTHENTICATED where the password was replaced meanwhile
 */
export async function beginChallenge(ctx: Context, user: UserRow): Promise<TotpChallenge> {
  const { id, passwordHash } = user;
  const { secret, row } = newOneTimeToken(ctx, { purpose: PURPOSE, userId: id });
  await change(ctx, async ({ tx }) => {
    const taken = await takeAccount(ctx.db, tx, { id, admins: false });
    if (taken?.account.passwordHash !== passwordHash) throw new AppError('UNAUTHENTICATED');
    await insertOneTimeToken(tx, row);
  });
  const expiresIn = ONE_TIME_PURPOSES[PURPOSE].seconds;
  return { state: 'TotpChallenge', challengeToken: secret, expiresIn };
}

export interface ChallengeAnswer {
  readonly challengeToken: string;
  readonly code: string;
}

/** By the user, not by the challenge: whoever has the password can have any number of those. */
export const challengeThrottle: Throttle<ChallengeAnswer> = async (ctx, { challengeToken }) => {
  const tokenHash = sha256(challengeToken);
  const userId = await findOneTimeTokenUser(ctx.db, { tokenHash, purpose: PURPOSE });
  return secondFactorBuckets(ctx, userId);
};

/**
 * Lets whoever answers a challenge with the second factor sign in. The try is counted before the code is
 * looked at; code, challenge and session are one transaction.
 * @param begin what begins the session
 * @throws CHALLENGE_INVALID, WRONG_CODE, ACCOUNT_DISABLED
 */
export async function answerChallenge<R>(
  ctx: ThrottledContext,
  answer: ChallengeAnswer,
  begin: (user: UserRow, proof: Proof) => Promise<R>,
): Promise<R> {
  const now = ctx.clock.now();
  const tokenHash = sha256(answer.challengeToken);
  const challenge = await claimOneTimeTry(ctx.db, { tokenHash, purpose: PURPOSE, now });
  try {
    const totp = challenge && (await findTotp(ctx.db, challenge.userId));
    if (!totp || totp.confirmedAt === null) throw new AppError('CHALLENGE_INVALID');
    const { user } = totp;
    if (user.disabled) throw new AppError('ACCOUNT_DISABLED');
    const useSecondFactor = checkSecondFactor(ctx, totp, answer.code);
    const result = await begin(user, {
      amr: 'pwd otp',
      use: async (writes) => {
        const isFirst = await consumeOneTimeToken(writes.tx, { id: challenge.id, now });
        if (!isFirst) throw new AppError('CHALLENGE_INVALID');
        await useSecondFactor(writes);
      },
    });
    await ctx.attempt.succeeded(signInPlaces(ctx, user));
    return result;
  } catch (error) {
    await noteFailure(ctx, error, challenge?.userId);
    throw error;
  }
}

async function noteFailure(ctx: Context, error: unknown, userId: string | undefined) {
  if (!(error instanceof AppError) || isGeneric(error.code)) return;
  await recordAuditEvent(ctx, {
    action: 'auth.login_failed',
    outcome: 'failure',
    ...(userId !== undefined && { target: { type: 'user', id: userId } }),
    details: { reason: error.code },
  });
}
