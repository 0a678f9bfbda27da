import { z } from 'zod';
import { sha256 } from '../../adapters/digest.ts';
import type { Random } from '../../adapters/random.ts';

/** How many recovery codes a user gets at once. */
const RECOVERY_CODES = 10;
/** Five bits each: 120 bits, so that a plain hash is enough (ASVS 6.5.2 asks for 112). */
const RECOVERY_CODE_LENGTH = 24;
/** Crockford's base32: none of its characters is taken for another. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = /.{4}(?=.)/g;

export const codeInput = z
  .string()
  .max(64, 'is too long')
  .describe('The six digits that the authenticator app shows, or a recovery code.');

/** Ten fresh recovery codes such as `7q4m-…`: what the user is shown once, and what is kept of it. */
export function newRecoveryCodes(random: Random): { readonly codes: string[]; hashes: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => newRecoveryCode(random));
  return { codes, hashes: codes.map(hashRecoveryCode) };
}

function newRecoveryCode(random: Random): string {
  const bytes = [...random.bytes(RECOVERY_CODE_LENGTH)];
  const text = bytes.map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return text.replace(GROUPS, '$&-');
}

/** What a recovery code is found by, however its letters and groups are written. */
export function hashRecoveryCode(code: string): string {
  const plain = withoutGroups(code).toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1');
  return sha256(plain);
}

/** A code as it is meant: people copy it in groups. */
export function withoutGroups(code: string): string {
  return code.replace(/[\s-]/g, '');
}

/** A user's secret is sealed for that user alone. */
export function secretPurpose(userId: string): string {
  return `totp ${userId}`;
}

/** The name that an authenticator app shows for this server: it may hold no colon. */
export function issuerOf(publicUrl: string): string {
  return new URL(publicUrl).hostname;
}
