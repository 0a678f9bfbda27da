import { createCipheriv, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ANY_BASE64, BASE64, base64, type Format, HEX, hex, type Parts, utf8 } from './format.ts';
import { MAX_MEMORY_KIB, type Work } from './work.ts';

/** The first and the last step of scrypt take as much as this N, whatever N is. */
const MIN_N = 8;
const BLOCK_BYTES = 128;
const LN_R_P = 'ln=(?<ln>\\d{1,7}),r=(?<r>\\d{1,4}),p=(?<p>\\d{1,4})';
const R = '(?<r>\\d{1,4})';
const P = '(?<p>\\d{1,4})';

const derive = promisify<Buffer, Buffer, number, object, Buffer>(scrypt);
const limits = 'N·r·p up to 2^20 (128 MiB)';

export const SCRYPT_FORMATS: readonly Format[] = [
  {
    name: 'scrypt',
    example: '$scrypt$ln=16,r=8,p=1$<salt>$<hash>',
    limits,
    pattern: new RegExp(`^\\$scrypt\\$${LN_R_P}\\$(?<salt>${ANY_BASE64})\\$(?<hash>${BASE64})$`),
    work,
    verify: (parts, password) => matches(parts, password, base64(parts['salt']), base64),
  },
  {
    name: 'scrypt of Django',
    example: 'scrypt$16384$<salt>$8$1$<hash>',
    limits,
    pattern: new RegExp(
      `^scrypt\\$(?<n>\\d{1,7})\\$(?<salt>[^$]+)\\$${R}\\$${P}\\$(?<hash>${BASE64})$`,
    ),
    work,
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), base64),
  },
  {
    name: 'scrypt of Werkzeug',
    example: 'scrypt:32768:8:1$<salt>$<hash>',
    limits,
    pattern: new RegExp(`^scrypt:(?<n>\\d{1,7}):${R}:${P}\\$(?<salt>[^$]+)\\$(?<hash>${HEX})$`),
    work,
    verify: (parts, password) => matches(parts, password, utf8(parts['salt']), hex),
  },
  {
    name: 'scrypt of Firebase',
    example: '$firescrypt$ln=14,r=8,p=1$<salt>$<hash>$<salt separator>$<signer key>',
    limits,
    pattern: new RegExp(
      `^\\$firescrypt\\$${LN_R_P}\\$(?<salt>${ANY_BASE64})\\$(?<hash>${BASE64})\\$(?<separator>${ANY_BASE64})\\$(?<key>${BASE64})$`,
    ),
    work,
    verify: matchesFirebase,
  },
];

function settings({ n, ln, r, p }: Parts) {
  // PHC strings have the binary logarithm of N; Kratos writes N itself.
  const isLogarithm = n === undefined && Number(ln) < 64;
  return { N: isLogarithm ? 2 ** Number(ln) : Number(n ?? ln), r: Number(r), p: Number(p) };
}

function work(parts: Parts): Work | undefined {
  const { N, r, p } = settings(parts);
  const isPower = N > 1 && Number.isInteger(Math.log2(N));
  if (!isPower || r < 1 || p < 1) return undefined;
  return {
    units: Math.max(N, MIN_N) * r * p,
    memoryKib: (BLOCK_BYTES * r * Math.max(N, p)) / 1024,
  };
}

function deriveKey(parts: Parts, password: Buffer, salt: Buffer, length: number): Promise<Buffer> {
  return derive(password, salt, length, { ...settings(parts), maxmem: 4 * MAX_MEMORY_KIB * 1024 });
}

async function matches(
  parts: Parts,
  password: Buffer,
  salt: Buffer,
  decode: (text: string | undefined) => Buffer,
): Promise<boolean> {
  const expected = decode(parts['hash']);
  return timingSafeEqual(await deriveKey(parts, password, salt, expected.length), expected);
}

/** https://github.com/firebase/scrypt: the derived key encrypts the signer key of the project. */
async function matchesFirebase(parts: Parts, password: Buffer): Promise<boolean> {
  const salt = Buffer.concat([base64(parts['salt']), base64(parts['separator'])]);
  const key = await deriveKey(parts, password, salt, 32);
  const made = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(base64(parts['key']));
  const expected = base64(parts['hash']);
  return made.length === expected.length && timingSafeEqual(made, expected);
}
