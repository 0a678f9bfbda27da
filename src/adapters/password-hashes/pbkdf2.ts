import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import {
  ANY_BASE64,
  BASE64,
  base64,
  type Format,
  HEX,
  hex,
  isBetween,
  type Parts,
  utf8,
} from './format.ts';
import type { Work } from './work.ts';

/** The bytes of a digest, and the units of an iteration for as many bytes of a hash. */
const DIGESTS: Readonly<Record<string, { readonly bytes: number; readonly units: number }>> = {
  sha1: { bytes: 20, units: 1 / 2 },
  sha224: { bytes: 28, units: 1 / 2 },
  sha256: { bytes: 32, units: 1 / 2 },
  sha384: { bytes: 48, units: 1 },
  sha512: { bytes: 64, units: 1 },
};
/** What OpenSSL takes. */
const MAX_ITERATIONS = 2 ** 31 - 1;
const ALGORITHM = '(?<algorithm>sha1|sha224|sha256|sha384|sha512)';
const ITERATIONS = '(?<iterations>\\d{1,10})';

const derive = promisify(pbkdf2);
const limits =
  'up to 2,097,152 iterations with sha1, sha224 and sha256, 1,048,576 with sha384 and sha512; fewer where the hash is longer than the digest';

export const PBKDF2_FORMATS: readonly Format[] = [
  {
    name: 'pbkdf2',
    example: '$pbkdf2-sha256$i=600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(
      `^\\$pbkdf2(?:-${ALGORITHM})?\\$(?:i=)?${ITERATIONS}(?:,l=\\d{1,4})?\\$(?<salt>${ANY_BASE64})\\$(?<hash>${BASE64})$`,
    ),
    work: workBy(base64),
    verify: (parts, password) => matches(parts, password, base64(parts['salt']), base64),
  },
  {
    name: 'pbkdf2 of Django',
    example: 'pbkdf2_sha256$600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(
      `^pbkdf2_${ALGORITHM}\\$${ITERATIONS}\\$(?<salt>[^$]+)\\$(?<hash>${BASE64})$`,
    ),
    work: workBy(base64),
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), base64),
  },
  {
    name: 'pbkdf2 of Werkzeug',
    example: 'pbkdf2:sha256:600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(`^pbkdf2:${ALGORITHM}:${ITERATIONS}\\$(?<salt>[^$]+)\\$(?<hash>${HEX})$`),
    work: workBy(hex),
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), hex),
  },
];

type Decode = (text: string | undefined) => Buffer;

/** Every block of the hash, as long as a digest, takes all of the iterations. */
function workBy(decode: Decode) {
  return ({ iterations, algorithm = 'sha1', hash }: Parts): Work | undefined => {
    const digest = DIGESTS[algorithm];
    if (!digest || !isBetween(iterations, 1, MAX_ITERATIONS)) return undefined;
    const blocks = Math.ceil(decode(hash).length / digest.bytes);
    return { units: Number(iterations) * blocks * digest.units, memoryKib: 0 };
  };
}

async function matches(
  { iterations, algorithm = 'sha1', hash }: Parts,
  password: Buffer,
  salt: Buffer,
  decode: Decode,
): Promise<boolean> {
  const expected = decode(hash);
  const made = await derive(password, salt, Number(iterations), expected.length, algorithm);
  return timingSafeEqual(made, expected);
}
