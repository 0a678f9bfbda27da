import { z } from 'zod';
import { AppError } from '../../errors.ts';

const MAX_PASSWORD_LENGTH = 256;

/** A password on its way in. Bounded here only so that nothing huge is hashed. */
export const passwordInput = z
  .string()
  .max(4 * MAX_PASSWORD_LENGTH, 'is too long')
  .describe('The password, verified exactly as typed after Unicode NFKC.');

/** Refuses a new password that the policy does not allow, with the reason (ASVS 6.2.1, 6.2.5, 6.2.9). */
export function requireAcceptablePassword(password: string, minLength: number): void {
  const length = [...password.normalize('NFKC')].length;
  if (length < minLength) {
    throw new AppError('PASSWORD_REFUSED', {
      message: `The password must have at least ${minLength} characters.`,
    });
  }
  if (length > MAX_PASSWORD_LENGTH) {
    throw new AppError('PASSWORD_REFUSED', {
      message: `The password must have at most ${MAX_PASSWORD_LENGTH} characters.`,
    });
  }
}
