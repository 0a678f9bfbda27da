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

const MAX_ITERATIONS = 2_000_000;
const ALGORITHM = '(?<algorithm>sha1|sha224|sha256|sha384|sha512)';
const ITERATIONS = '(?<iterations>\\d{1,10})';

const derive = promisify(pbkdf2);
const limits = 'up to 2,000,000 iterations';

export const PBKDF2_FORMATS: readonly Format[] = [
  {
    name: 'pbkdf2',
    example: '$pbkdf2-sha256$i=600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(
      `^\\$pbkdf2(?:-${ALGORITHM})?\\$(?:i=)?${ITERATIONS}(?:,l=\\d{1,4})?\\$(?<salt>${ANY_BASE64})\\$(?<hash>${BASE64})$`,
    ),
    allows,
    verify: (parts, password) => matches(parts, password, base64(parts['salt']), base64),
  },
  {
    name: 'pbkdf2 of Django',
    example: 'pbkdf2_sha256$600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(
      `^pbkdf2_${ALGORITHM}\\$${ITERATIONS}\\$(?<salt>[^$]+)\\$(?<hash>${BASE64})$`,
    ),
    allows,
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), base64),
  },
  {
    name: 'pbkdf2 of Werkzeug',
    example: 'pbkdf2:sha256:600000$<salt>$<hash>',
    limits,
    pattern: new RegExp(`^pbkdf2:${ALGORITHM}:${ITERATIONS}\\$(?<salt>[^$]+)\\$(?<hash>${HEX})$`),
    allows,
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), hex),
  },
];

function allows({ iterations }: Parts): boolean {
  return isBetween(iterations, 1, MAX_ITERATIONS);
}

async function matches(
  { iterations, algorithm = 'sha1', hash }: Parts,
  password: Buffer,
  salt: Buffer,
  decode: (text: string | undefined) => Buffer,
): Promise<boolean> {
  const expected = decode(hash);
  const made = await derive(password, salt, Number(iterations), expected.length, algorithm);
  return timingSafeEqual(made, expected);
}
