import type { Change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { SignInMethodFacts } from '../../core/sign-in-method.ts';
import type { Buckets } from '../../core/throttle.ts';
import type { UserRow } from '../../db/rows.ts';

/** What an answer is given for: a new session, or a caller who shows again who they are. */
export type Attempt = 'signIn' | 'stepUp';

/** A right answer. */
export interface RightAnswer {
  /**
   * Uses up what is good once, in the change that the answer is given for, and audits and mails what the
   * user has to know of it. Undefined where nothing is used up.
   * @throws the failure of the method where another request has used it up
   */
  readonly use?: (writes: Change) => Promise<void>;
}

/** One way to show who signs in. Each method is one file and one entry in `methods.ts`. */
export interface SignInMethod extends SignInMethodFacts {
  /** The state of a sign-in that asks for the method. A first factor is sent without being asked for. */
  readonly challenge?: 'TotpChallenge';
  /** Returns whether an answer has the form of this method. Secrets are not looked at. */
  readonly takes: (answer: string) => boolean;
  /**
   * What an attempt to sign in counts against. A step-up counts by session, whatever it checks.
   * @param account the login name as typed for a first factor, the user's id for a second one; undefined
   * where there is none
   */
  readonly throttle: (ctx: Context, account: string | undefined) => Buckets;
  /**
   * Checks an answer without using it up. Takes as long where there is no such user. Only a counted
   * attempt has the context.
   * @returns undefined where the answer is wrong
   */
  readonly check: (
    ctx: ThrottledContext,
    user: UserRow | undefined,
    answer: string,
  ) => Promise<RightAnswer | undefined>;
  /** What a wrong answer fails with. The code is the reason in the audit event of the attempt. */
  readonly failures: Readonly<Record<Attempt, ErrorCode>>;
}

/** A method that a sign-in can ask for after the first factor. */
export interface SecondFactor extends SignInMethod {
  readonly challenge: NonNullable<SignInMethod['challenge']>;
}

/** An answer of a known user, and the method that checks it. */
export interface MethodAnswer {
  readonly method: SignInMethod;
  readonly answer: string;
}

/**
 * Checks the answers of a user, one after the other.
 * @returns what the right answers use up
 * @throws the failure of the first method whose answer is wrong
 */
export async function requireAnswers(
  ctx: ThrottledContext,
  user: UserRow,
  answers: readonly MethodAnswer[],
  attempt: Attempt,
): Promise<readonly NonNullable<RightAnswer['use']>[]> {
  const uses: NonNullable<RightAnswer['use']>[] = [];
  for (const { method, answer } of answers) {
    const right = await method.check(ctx, user, answer);
    if (!right) throw new AppError(method.failures[attempt]);
    if (right.use) uses.push(right.use);
  }
  return uses;
}
