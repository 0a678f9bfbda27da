import { normalized } from '../core/text.ts';

// Normalising multiplies: U+FDFA is one code unit, and eighteen characters of 33 bytes after NFKC.

/** UTF-16 code units of a password as it was typed. */
export const MAX_PASSWORD_UNITS = 1024;
/** UTF-8 bytes of a password as it is hashed: 256 characters of four bytes. */
export const MAX_PASSWORD_BYTES = 1024;

/** A password in Unicode form NFKC; undefined where it is too long to be one. */
export function normalizedPassword(password: string): string | undefined {
  if (password.length > MAX_PASSWORD_UNITS) return undefined;
  const plain = normalized(password);
  return isHashable(plain) ? plain : undefined;
}

/**
 * The spellings of a password that are compared with a hash: after NFKC, and as it was typed, which is
 * what other systems hashed. None where the password is too long to be one.
 */
export function spellingsOf(password: string): readonly string[] {
  const normalized = normalizedPassword(password);
  if (normalized === undefined) return [];
  return normalized === password || !isHashable(password) ? [normalized] : [normalized, password];
}

function isHashable(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_PASSWORD_BYTES;
}
