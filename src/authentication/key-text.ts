import { checksum } from '../adapters/checksum.ts';
import type { KeyedHash } from '../adapters/keyed-hash.ts';
import { type Random, randomText } from '../adapters/random.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 178 bits. */
const SECRET_LENGTH = 30;
/** As many as 32 bits take. */
const CHECKSUM_LENGTH = 6;
const HINT_LENGTH = 4;
/** Of a hash, what tells which SECRET_KEY it is under: 48 bits. */
const PREFIX_LENGTH = 8;

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

/** What a key is kept by, under one SECRET_KEY: it says which, so that keys under another one are counted. */
export function hashKey(keyedHash: KeyedHash, text: string): string {
  return hashPrefix(keyedHash) + plainHash(keyedHash, text);
}

/** What a key is found by: kept hashes of earlier releases do not say which SECRET_KEY they are under. */
export function keyHashes(
  [current, ...others]: readonly [KeyedHash, ...KeyedHash[]],
  text: string,
): readonly [string, ...string[]] {
  const older = others.flatMap((hash) => [hashKey(hash, text), plainHash(hash, text)]);
  return [hashKey(current, text), plainHash(current, text), ...older];
}

/** What the hashes under one SECRET_KEY begin with. */
export function hashPrefix(keyedHash: KeyedHash): string {
  return `${keyedHash('api key', 'which secret key').slice(0, PREFIX_LENGTH)}.`;
}

function plainHash(keyedHash: KeyedHash, text: string): string {
  return keyedHash('api key', text);
}
