import { z } from 'zod';
import { isIdShaped } from '../../core/id-shape.ts';
import {
  isVisible,
  normalized,
  oneSpace,
  soughtText,
  UNSEEN,
  withoutHidden,
} from '../../core/text.ts';

/** What is yet to be assigned may fold otherwise in the next version of Unicode. */
const USERNAME = /^[^@\p{Cn}\p{Co}]*$/u;

/** The longest text that is looked for by its folded form; no name and no password is longer. */
const LONGEST = 1024;

/**
 * A name as uniqueness and sign-in see it: NFKC and case folded, without what shows nothing and with one
 * space for several (UAX 31, NFKC_Casefold). Two names that only differ in that are one name.
 */
export function foldName(name: string): string {
  // To lower case first, since a capital sharp s has no upper case.
  return oneSpace(foldCase(withoutHidden(bounded(name)).toLowerCase()));
}

/** The key of a name that was stored while what shows nothing still told names apart. */
export function earlierKey(name: string): string {
  return foldCase(bounded(name));
}

function foldCase(text: string): string {
  return normalized(normalized(soughtText(text)).toUpperCase().toLowerCase());
}

/** Normalization takes time by the square of a run of combining marks. The NUL makes it no name at all. */
function bounded(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\0` : text;
}

/** What a person typed to say who they are, as attempts are counted by. */
export function loginKey(login: string): string {
  return foldName(login).trim();
}

/**
 * The keys that an account with a name may have, in the order in which they are looked for. An account with
 * an earlier key is found by its name to the letter alone, so that it is never taken for another.
 */
export function keysOfLogin(login: string): readonly string[] {
  return [...new Set([earlierKey(login.trim()), loginKey(login)])];
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
  .refine(
    (name) => USERNAME.test(name) && isVisible(name),
    'must not contain @ or invisible characters',
  )
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
  .refine(isVisible, UNSEEN)
  .describe('The name that people see.');
