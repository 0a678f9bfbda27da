import { createHmac, KeyObject, sign } from 'node:crypto';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import type { Random } from './random.ts';

export type TokenAlgorithm = 'EdDSA' | 'HS256';

/** A new key as JSON Web Keys (RFC 7517) in JSON. */
export interface NewKey {
  /** The `kid`: the thumbprint of a public key (RFC 7638), a UUID for a shared one. */
  readonly id: string;
  /** Absent for a shared key: nothing of it may be published. */
  readonly publicJwk: string | null;
  readonly privateJwk: string;
}

/** A key ready to sign and verify. */
export interface SigningKey {
  readonly id: string;
  readonly algorithm: string;
  readonly signKey: CryptoKey | Uint8Array;
  /** The signature of a JWS signing input (RFC 7515 section 5.1) as base64url. */
  readonly sign: (input: string) => string;
  readonly verifyKey: CryptoKey | Uint8Array;
}

/** The keys of this installation, as they come and go. */
export interface KeyRing {
  /** The key that signs what begins at a moment: the same in every process, whenever it is asked. */
  readonly keyAt: (moment: Date) => SigningKey;
  /** The key of that id; one that another process has just made is looked up. */
  readonly find: (id: string) => Promise<SigningKey | undefined>;
  /** Since when the key signs that does so now. */
  readonly signingSince: () => Date | undefined;
  /** What `/.well-known/jwks.json` publishes: public parts only (RFC 7517). */
  readonly jwks: () => JSONWebKeySet;
  /** Reads the keys again. */
  readonly reload: () => Promise<void>;
}

/** Makes an Ed25519 key pair (RFC 8037), or a 256-bit shared key for HS256 (RFC 7518 3.2). */
export async function generateKey(algorithm: TokenAlgorithm, random: Random): Promise<NewKey> {
  if (algorithm === 'HS256') {
    const k = Buffer.from(random.bytes(32)).toString('base64url');
    return { id: random.uuid(), publicJwk: null, privateJwk: JSON.stringify({ kty: 'oct', k }) };
  }
  const pair = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
  const publicPart = await exportJWK(pair.publicKey);
  const id = await calculateJwkThumbprint(publicPart);
  return {
    id,
    publicJwk: JSON.stringify({ ...publicPart, kid: id, alg: algorithm, use: 'sig' }),
    privateJwk: JSON.stringify(await exportJWK(pair.privateKey)),
  };
}

/** Reads a stored key. */
export async function importKey(key: NewKey, algorithm: string): Promise<SigningKey> {
  const signKey = await importJWK(JSON.parse(key.privateJwk) as JWK, algorithm);
  const verifyKey =
    key.publicJwk === null ? signKey : await importJWK(JSON.parse(key.publicJwk) as JWK, algorithm);
  return { id: key.id, algorithm, signKey, sign: signer(signKey), verifyKey };
}

/** Signs here and now: by way of WebCrypto a signature costs three times as much. */
function signer(key: CryptoKey | Uint8Array): (input: string) => string {
  if (key instanceof Uint8Array) {
    return (input) => createHmac('sha256', key).update(input).digest('base64url');
  }
  const privateKey = KeyObject.from(key);
  return (input) => sign(null, Buffer.from(input), privateKey).toString('base64url');
}

/**
 * The key a token names, from our own set only; a key serves the one algorithm it was made for, so a
 * public key is never taken for a shared secret (RFC 8725 3.1).
 */
export async function verifyKeyFor(
  ring: KeyRing,
  kid: string | undefined,
  algorithm: string | undefined,
) {
  const key = kid === undefined ? undefined : await ring.find(kid);
  if (!key || key.algorithm !== algorithm) throw new errors.JWKSNoMatchingKey();
  return key.verifyKey;
}
