import { z } from 'zod';
import { isIdShaped } from '../../id-shape.ts';
import { soughtText } from '../../text.ts';

/** The longest text that is looked for by its folded form; no name and no password is longer. */
const LONGEST = 1024;

/** A name as uniqueness and sign-in see it: NFKC and case folded (UAX 31, UTS 46 style). */
export function foldName(name: string): string {
  // Normalization takes time by the square of a run of combining marks. The NUL makes it no name at all.
  const text = name.length > LONGEST ? `${name.slice(0, LONGEST)}\0` : name;
  return soughtText(text).normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** What a person typed to say who they are, as accounts are found and attempts are counted by. */
export function loginKey(login: string): string {
  return foldName(login.trim());
}

/** What a person types to say who they are: an e-mail address has an @, a username has none. */
export function isEmailLike(login: string): boolean {
  return login.includes('@');
}

export const usernameInput = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters')
  .regex(/^[^@\p{C}\p{Zl}\p{Zp}]*$/u, 'must not contain @ or invisible characters')
  .refine((name) => !isIdShaped(name), 'must not look like an id')
  .describe('The name to sign in with: 1 to 64 characters, without @.');

export const emailInput = z
  .email('must be an e-mail address')
  .max(254, 'must have at most 254 characters')
  .describe('An e-mail address.');

export const displayNameInput = z
  .string()
  .trim()
  .max(200, 'must have at most 200 characters')
  .regex(/^\P{Cc}*$/u, 'must not contain control characters')
  .describe('The name that people see.');
