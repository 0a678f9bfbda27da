import { createHmac, hkdfSync } from 'node:crypto';

/**
 * HMAC-SHA256 as base64url: how what can be guessed, such as a name or an address, is looked up without
 * standing in the database. Equal for equal parts, and for nobody without the key.
 */
export type KeyedHash = (...parts: readonly string[]) => string;

/** @param secret the current SECRET_KEY: with another one everything hashes differently */
export function createKeyedHash(secret: string): KeyedHash {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'vestibule keyed hash', 32));
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}
