import { hash as digestOf, timingSafeEqual } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Format, isBetween, utf8 } from './format.ts';

const DEFAULT_ROUNDS = 5000;
const MAX_ROUNDS = 1_000_000;
const ROUNDS_A_TURN = 256;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** How the bytes of a digest are dealt into groups of three. */
const ORDER = {
  sha256: { groups: 10, step: 21, third: 10, tail: [31, 30] },
  sha512: { groups: 21, step: 22, third: 21, tail: [63] },
} as const;

export const SHA_CRYPT_FORMATS: readonly Format[] = [
  shaCryptFormat('sha256', '5', 43),
  shaCryptFormat('sha512', '6', 86),
];

function shaCryptFormat(algorithm: keyof typeof ORDER, id: string, length: number): Format {
  return {
    name: `${algorithm}-crypt`,
    example: `$${id}$rounds=535000$<salt>$<hash>`,
    limits: 'up to 1,000,000 rounds',
    pattern: new RegExp(
      `^\\$${id}\\$(?:rounds=(?<rounds>\\d{1,10})\\$)?(?<salt>[^$:\\s]{0,16})\\$(?<hash>[./0-9A-Za-z]{${length}})$`,
    ),
    allows: ({ rounds = DEFAULT_ROUNDS }) => isBetween(rounds, 1000, MAX_ROUNDS),
    verify: async ({ rounds = DEFAULT_ROUNDS, salt, hash }, password) => {
      const made = await shaCrypt(algorithm, password, utf8(salt), Number(rounds));
      return timingSafeEqual(utf8(made), utf8(hash));
    },
  };
}

/**
 * The digest part of a crypt(3) hash `$5$…` (sha256) or `$6$…` (sha512), after Ulrich Drepper's
 * "Unix crypt using SHA-256 and SHA-512", whose steps are numbered below. It gives way to other work
 * between rounds: a hash of a second stops nobody.
 */
async function shaCrypt(
  algorithm: keyof typeof ORDER,
  password: Buffer,
  salt: Buffer,
  rounds: number,
): Promise<string> {
  const digest = (...parts: readonly Buffer[]) =>
    digestOf(algorithm, Buffer.concat(parts), 'buffer');

  const b = digest(password, salt, password); // 4 to 8
  const bits = [...password.length.toString(2)].reverse();
  const mixed = bits.map((bit) => (bit === '1' ? b : password)); // 11
  const a = digest(password, salt, repeat(b, password.length), ...mixed); // 1 to 3, 9, 10, 12
  const p = repeat(digest(...Array<Buffer>(password.length).fill(password)), password.length); // 13 to 16
  const s = repeat(digest(...Array<Buffer>(16 + (a[0] ?? 0)).fill(salt)), salt.length); // 17 to 20

  let c: Buffer = a;
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_A_TURN === ROUNDS_A_TURN - 1) await setImmediate();
    const isOdd = round % 2 === 1;
    const between = [...(round % 3 ? [s] : []), ...(round % 7 ? [p] : [])];
    c = isOdd ? digest(p, ...between, c) : digest(c, ...between, p); // 21
  }
  return encode(c, algorithm);
}

/** As many bytes of `block`, over and over, as asked for. */
function repeat(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** Step 22. */
function encode(digest: Buffer, algorithm: keyof typeof ORDER): string {
  const { groups, step, third, tail } = ORDER[algorithm];
  const triples = Array.from({ length: groups }, (_, i) =>
    [0, third, 2 * third].map((offset) => (i * step + offset) % (3 * third)),
  );
  const text = triples.map((places) => letters(digest, places, 4));
  return text.join('') + letters(digest, tail, tail.length + 1);
}

function letters(digest: Buffer, places: readonly number[], count: number): string {
  const value = places.reduce((sum, place) => sum * 256 + (digest[place] ?? 0), 0);
  return Array.from({ length: count }, (_, i) => ALPHABET[(value >> (6 * i)) & 63]).join('');
}
