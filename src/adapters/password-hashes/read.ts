import { hash } from 'node:crypto';
import { verify as verifyArgon2 } from '@node-rs/argon2';
import bcrypt from 'bcrypt';
import type { Stop } from '../stop.ts';
import { type Format, isBetween, type Parts, utf8 } from './format.ts';
import { PBKDF2_FORMATS } from './pbkdf2.ts';
import { SCRYPT_FORMATS } from './scrypt.ts';
import { SHA_CRYPT_FORMATS } from './sha-crypt.ts';
import { argon2Work, isAffordable, MAX_ARGON2_LANES, type Work } from './work.ts';

/** A password hash that can be checked, whoever made it. */
export interface PasswordHash {
  readonly format: Format;
  /**
   * Whether it asks for no more work than a check may take, with a password of usual length unless one is
   * given. One that asks for more is neither imported nor checked.
   */
  readonly isAffordable: (password?: string) => boolean;
  /** Whether the password is the one, byte for byte. Rejects early on the signal if it can be stopped. */
  readonly verify: (password: string, signal?: Stop) => Promise<boolean>;
}

const MAX_TEXT = 1024;
/** The units of bcrypt at cost 0: each step of the cost doubles them. */
const BCRYPT_UNITS = 2 ** 7;

// Bytes as an encoder writes them: the digits are a whole number of bytes, and bits to spare are 0.
const BYTES = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048])?';
const ARGON2 = [
  '\\$argon2(?:id|i|d)(?:\\$v=(?:16|19))?',
  'm=(?<m>\\d{1,10}),t=(?<t>\\d{1,10}),p=(?<p>\\d{1,3})',
  `(?=[^$]{11})${BYTES}`,
  `(?=[^$]{16})${BYTES}`,
].join('\\$');

const BCRYPT = '\\$2[aby]\\$(?<cost>\\d\\d)\\$(?<rest>[./A-Za-z0-9]{53})';
const bcryptLimits = { limits: 'cost 4 to 13', work: bcryptWork };

/** Every format that is verified. Fast digests of any kind are not among them. */
export const PASSWORD_HASH_FORMATS: readonly Format[] = [
  {
    name: 'argon2',
    example: '$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>',
    limits: 'm up to 131072 (128 MiB), m·t up to 2^20, p up to 16',
    pattern: new RegExp(`^(?:argon2(?=\\$))?(?<phc>${ARGON2})$`),
    work: workOfArgon2,
    verify: ({ phc = '' }, password) => verifyArgon2(phc, password),
  },
  {
    name: 'bcrypt',
    example: '$2b$12$<salt and hash>',
    pattern: new RegExp(`^(?:bcrypt\\$)?${BCRYPT}$`),
    ...bcryptLimits,
    verify: compareBcrypt,
  },
  {
    name: 'bcrypt_sha256 of Django',
    example: 'bcrypt_sha256$$2b$12$<salt and hash>',
    pattern: new RegExp(`^bcrypt_sha256\\$${BCRYPT}$`),
    ...bcryptLimits,
    verify: (parts, password) => compareBcrypt(parts, utf8(hash('sha256', password, 'hex'))),
  },
  ...SCRYPT_FORMATS,
  ...PBKDF2_FORMATS,
  ...SHA_CRYPT_FORMATS,
];

/** Reads a hash; undefined where its format is not known. Never throws. */
export function readPasswordHash(text: string): PasswordHash | undefined {
  if (text.length > MAX_TEXT) return undefined;
  for (const format of PASSWORD_HASH_FORMATS) {
    const parts = format.pattern.exec(text)?.groups;
    if (!parts) continue;
    return {
      format,
      isAffordable: (password = '') =>
        isAffordable(format.work(parts, Buffer.byteLength(password))),
      verify: (password, signal) => format.verify(parts, utf8(password), signal),
    };
  }
  return undefined;
}

function workOfArgon2({ m, t, p }: Parts): Work | undefined {
  const isValid = isBetween(p, 1, MAX_ARGON2_LANES) && Number(m) >= 8 * Number(p) && Number(t) >= 1;
  return isValid ? argon2Work(Number(m), Number(t)) : undefined;
}

function bcryptWork({ cost }: Parts): Work | undefined {
  const exponent = Number(cost);
  if (!isBetween(exponent, 4, 31)) return undefined;
  return { units: BCRYPT_UNITS * 2 ** exponent, memoryKib: 0 };
}

/**
 * Like every bcrypt it looks at 72 bytes and no further; a NUL is a byte like others here, while other
 * implementations end there. $2a$, $2b$ and $2y$ name one algorithm.
 */
function compareBcrypt({ cost, rest }: Parts, password: Buffer): Promise<boolean> {
  return bcrypt.compare(password, `$2b$${cost}$${rest}`);
}
