import { AppError } from '../../core/errors.ts';
import type { UserRow } from '../../db/rows.ts';
import type { SecondFactor, SignInMethod } from './method.ts';
import { PASSWORD } from './password.ts';
import { RECOVERY_CODE } from './recovery-code.ts';
import { TOTP } from './totp.ts';

/** Every way to sign in. Of the second factors the first one that takes an answer checks it. */
export const SIGN_IN_METHODS: readonly SignInMethod[] = [PASSWORD, TOTP, RECOVERY_CODE];

const SECOND_FACTORS = SIGN_IN_METHODS.filter(isSecondFactor);

/** The second factor that a sign-in of the user asks for; undefined where a first factor is enough. */
export function secondFactorOf(user: UserRow): SecondFactor | undefined {
  return SECOND_FACTORS.find(({ isSetUp }) => isSetUp(user));
}

/**
 * The second factor that checks an answer.
 * @throws WRONG_CODE where no method has answers of that form
 */
export function secondFactorTaking(answer: string): SecondFactor {
  const method = SECOND_FACTORS.find(({ takes }) => takes(answer));
  if (!method) throw new AppError('WRONG_CODE');
  return method;
}

function isSecondFactor(method: SignInMethod): method is SecondFactor {
  return method.challenge !== undefined;
}
