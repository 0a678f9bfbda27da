import { checksum } from '../../adapters/checksum.ts';
import type { KeyedHash } from '../../adapters/keyed-hash.ts';
import { type Random, randomText } from '../../adapters/random.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 178 bits. */
const SECRET_LENGTH = 30;
/** As many as 32 bits take. */
const CHECKSUM_LENGTH = 6;
const HINT_LENGTH = 4;

/**
 * The text of a fresh API key: the prefix, thirty random characters, and the CRC-32 of these in six.
 * As GitHub's tokens have it: a scanner tells a key from what looks like one without asking anybody.
 */
export function newKeyText(random: Random, prefix: string): string {
  const secret = randomText(random, ALPHABET, SECRET_LENGTH);
  return prefix + secret + checksumOf(secret);
}

function checksumOf(secret: string): string {
  let rest = checksum(secret);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

/** Whether a text is written as keys are and its checksum is right; asks nobody. */
export function isKeyText(text: string, prefix: string): boolean {
  const rest = text.slice(prefix.length);
  if (!text.startsWith(prefix) || rest.length !== SECRET_LENGTH + CHECKSUM_LENGTH) return false;
  return rest.slice(SECRET_LENGTH) === checksumOf(rest.slice(0, SECRET_LENGTH));
}

/** What tells a key from others and opens nothing: its prefix and its last four characters. */
export function hintOf(text: string, prefix: string): string {
  return `${prefix}…${text.slice(-HINT_LENGTH)}`;
}

/** What a key is kept and found by, under one SECRET_KEY. */
export function hashKey(keyedHash: KeyedHash, text: string): string {
  return keyedHash('api key', text);
}
