import { z } from 'zod';
import { MAX_PASSWORD_UNITS, normalizedPassword } from '../../adapters/password-text.ts';
import { isCommonPassword } from '../../adapters/common-passwords.ts';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../core/errors.ts';
import type { UserRow } from '../../db/rows.ts';
import { hasSecondFactor } from '../../db/second-factor.ts';
import { foldName } from '../users/rules.ts';

const MAX_PASSWORD_LENGTH = 256;
/** Digits and signs around a common password that do not make it another one. */
const MAX_DECORATION = 4;
/** A shorter one would stand in many a good password by chance. */
const MIN_CONTEXT_WORD = 3;
/** What a password must have beside context words, where one of this length would do. */
const MIN_BESIDE_CONTEXT = 8;
const PRODUCT = 'vestibule';

/** Why a password is refused. */
export type PasswordRefusal = 'TOO_SHORT' | 'TOO_LONG' | 'COMMON' | 'CONTEXT_WORD';

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly name?: string | null | undefined;
  /** Whether signing in takes more than the password. */
  readonly hasSecondFactor: boolean;
}

/** Returns the owner of a password that a user is to have. */
export function ownerOf(user: UserRow): PasswordOwner {
  const { username, email, name } = user;
  return { username, email, name, hasSecondFactor: hasSecondFactor(user) };
}

export type PasswordPolicy = Pick<
  Config,
  'passwordMinLength' | 'passwordMinLengthSingleFactor' | 'passwordBlocklist' | 'publicUrl'
>;

/** A new password. Bounded here only so that nothing huge is normalised; the policy counts characters. */
export const passwordInput = z
  .string()
  .max(MAX_PASSWORD_UNITS, 'is too long')
  .describe('The password, verified exactly as typed after Unicode NFKC.');

/** A password that is checked. One that is too long is a wrong password like any other. */
export const passwordToCheck = z
  .string()
  .describe('The password, verified exactly as typed after Unicode NFKC.');

/** Refuses a new password that the policy does not allow, with the reason (PASSWORD_REFUSED). */
export function requireAcceptablePassword(
  policy: PasswordPolicy,
  password: string,
  owner: PasswordOwner,
): void {
  const reason = refusalOf(policy, password, owner);
  if (reason === undefined) return;
  throw new AppError('PASSWORD_REFUSED', { reason, message: describe(reason, policy, owner) });
}

/**
 * Why the policy refuses a password; undefined where it does not. Length counts code points after NFKC
 * (ASVS 6.2.1, 6.2.9). Any character will do and none is asked for (6.2.5). What is on the list of common
 * and breached passwords is refused (6.2.4, 6.2.12), also with up to four digits or signs before or
 * behind it, and written several times. So is one in which fewer than eight characters are left when the
 * names of its owner and of the service are taken out (6.2.11).
 */
export function refusalOf(
  policy: PasswordPolicy,
  password: string,
  owner: PasswordOwner,
): PasswordRefusal | undefined {
  const normalized = normalizedPassword(password);
  if (normalized === undefined || count(normalized) > MAX_PASSWORD_LENGTH) return 'TOO_LONG';
  const minLength = minLengthFor(policy, owner);
  if (count(normalized) < minLength) return 'TOO_SHORT';
  if (!policy.passwordBlocklist) return undefined;
  const folded = foldPassword(password);
  if (isCommon(folded)) return 'COMMON';
  const words = contextWords(owner, policy.publicUrl);
  if (isMadeOf(folded, words, Math.min(minLength, MIN_BESIDE_CONTEXT))) return 'CONTEXT_WORD';
  return undefined;
}

/** A password as the lists compare it. */
export function foldPassword(password: string): string {
  return foldName(password);
}

function minLengthFor(policy: PasswordPolicy, { hasSecondFactor }: PasswordOwner): number {
  const { passwordMinLength, passwordMinLengthSingleFactor } = policy;
  if (hasSecondFactor) return passwordMinLength;
  return Math.max(passwordMinLength, passwordMinLengthSingleFactor);
}

function isCommon(folded: string): boolean {
  const unit = repeatedUnit(folded);
  if (unit !== undefined && (count(unit) < MIN_CONTEXT_WORD || isCommonPassword(unit))) return true;
  const before = /^\P{L}*/u.exec(folded)?.[0].length ?? 0;
  const behind = /(?<!\P{L})\P{L}*$/u.exec(folded)?.[0].length ?? 0;
  for (let from = 0; from <= Math.min(before, MAX_DECORATION); from++) {
    for (let cut = 0; cut <= Math.min(behind, MAX_DECORATION); cut++) {
      if (isCommonPassword(folded.slice(from, folded.length - cut))) return true;
    }
  }
  return false;
}

/** What a text is, several times over; undefined where it is nothing else. */
function repeatedUnit(text: string): string | undefined {
  // By character, the length of what the text begins with and ends with there (Knuth, Morris and Pratt).
  const overlaps = [0];
  let overlap = 0;
  for (let at = 1; at < text.length; at++) {
    while (overlap > 0 && text[at] !== text[overlap]) overlap = overlaps[overlap - 1] ?? 0;
    if (text[at] === text[overlap]) overlap += 1;
    overlaps.push(overlap);
  }
  const length = text.length - overlap;
  return overlap > 0 && text.length % length === 0 ? text.slice(0, length) : undefined;
}

/** The names of a person and of this service, whole and in parts, the longest first. */
function contextWords({ username, email, name }: PasswordOwner, publicUrl: string) {
  const [localPart = '', domain = ''] = email?.split('@') ?? [];
  const hosts = [domain, new URL(publicUrl).hostname].map(withoutTopLevel);
  const names = [PRODUCT, username, localPart, name, ...hosts].map((text) => foldName(text ?? ''));
  const words = names.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]);
  return words
    .filter((word) => count(word) >= MIN_CONTEXT_WORD)
    .sort((a, b) => b.length - a.length);
}

function withoutTopLevel(host: string): string {
  return host.replace(/(?<=.)\.[^.]*$/, '');
}

function isMadeOf(folded: string, words: readonly string[], minRest: number): boolean {
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), folded);
  return rest !== folded && count(rest) < minRest;
}

function count(text: string): number {
  return [...text].length;
}

function describe(reason: PasswordRefusal, policy: PasswordPolicy, owner: PasswordOwner): string {
  switch (reason) {
    case 'TOO_SHORT':
      return `The password must have at least ${minLengthFor(policy, owner)} characters.`;
    case 'TOO_LONG':
      return `The password must have at most ${MAX_PASSWORD_LENGTH} characters.`;
    case 'COMMON':
      return 'The password is a common one, or too close to one, and easily guessed.';
    case 'CONTEXT_WORD':
      return 'The password is little more than a name of yours or of this service.';
  }
}
