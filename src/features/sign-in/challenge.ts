import { sha256 } from '../../adapters/digest.ts';
import { change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { State, Throttle } from '../../core/operation.ts';
import {
  claimOneTimeTry,
  consumeOneTimeToken,
  findOneTimeTokenUser,
  insertOneTimeToken,
} from '../one-time-tokens/store.ts';
import { newOneTimeToken, ONE_TIME_PURPOSES } from '../one-time-tokens/tokens.ts';
import { signInPlaces } from '../throttles/rules.ts';
import { takeAccount } from '../users/account-store.ts';
import { findUser, type UserRow } from '../users/store.ts';
import { recordFailureOf } from './attempts.ts';
import type { Proof } from './begin-session.ts';
import { requireAnswers, type SecondFactor } from './method.ts';
import { secondFactorOf, secondFactorTaking } from './methods.ts';
import { PASSWORD } from './password.ts';

const PURPOSE = 'sign-in';

/** Where a sign-in stands once the first factor was right and a second factor is asked for. */
export interface Challenge extends State {
  readonly state: SecondFactor['challenge'];
  /** Goes into `completeLogin`, once. */
  readonly challengeToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * Signs in a user whose password was right, or asks for the second factor where there is one.
 * @param begin what begins the session
 */
export async function signInOrChallenge<R>(
  ctx: Context,
  user: UserRow,
  begin: () => Promise<R>,
): Promise<R | Challenge> {
  const secondFactor = secondFactorOf(user);
  return secondFactor ? beginChallenge(ctx, user, secondFactor) : begin();
}

/**
 * Asks a user, whose password was right, for the second factor.
 * @throws UNAUTHENTICATED where the password was replaced meanwhile
 */
export async function beginChallenge(
  ctx: Context,
  user: UserRow,
  { challenge: state }: SecondFactor,
): Promise<Challenge> {
  const { id, passwordHash } = user;
  const { secret, row } = newOneTimeToken(ctx, { purpose: PURPOSE, userId: id });
  await change(ctx, async ({ tx }) => {
    const taken = await takeAccount(ctx.db, tx, { id, admins: false });
    if (taken?.account.passwordHash !== passwordHash) throw new AppError('UNAUTHENTICATED');
    await insertOneTimeToken(tx, row);
  });
  const expiresIn = ONE_TIME_PURPOSES[PURPOSE].seconds;
  return { state, challengeToken: secret, expiresIn };
}

export interface ChallengeAnswer {
  readonly challengeToken: string;
  readonly code: string;
}

/** By the user, not by the challenge: a client with the password can have any number of challenges. */
export const challengeThrottle: Throttle<ChallengeAnswer> = async (ctx, answer) => {
  const tokenHash = sha256(answer.challengeToken);
  const userId = await findOneTimeTokenUser(ctx.db, { tokenHash, purpose: PURPOSE });
  return secondFactorTaking(answer.code).throttle(ctx, userId);
};

/**
 * Signs in a user who answers a challenge with a second factor. The try is counted before the code is
 * looked at; code, challenge and session are one transaction.
 * @param begin what begins the session
 * @throws CHALLENGE_INVALID, ACCOUNT_DISABLED; the failure of the method, such as WRONG_CODE
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
    const user = challenge && (await findUser(ctx.db, challenge.userId));
    if (!user || !secondFactorOf(user)) throw new AppError('CHALLENGE_INVALID');
    if (user.disabled) throw new AppError('ACCOUNT_DISABLED');
    const method = secondFactorTaking(answer.code);
    const shown = [{ method, answer: answer.code }];
    const uses = await requireAnswers(ctx, user, shown, 'signIn');
    const result = await begin(user, {
      by: [PASSWORD, method],
      use: async (writes) => {
        const isFirst = await consumeOneTimeToken(writes.tx, { id: challenge.id, now });
        if (!isFirst) throw new AppError('CHALLENGE_INVALID');
        for (const use of uses) await use(writes);
      },
    });
    await ctx.attempt.succeeded(signInPlaces(ctx, user));
    return result;
  } catch (error) {
    await recordFailureOf(ctx, 'signIn', { error, userId: challenge?.userId });
    throw error;
  }
}
