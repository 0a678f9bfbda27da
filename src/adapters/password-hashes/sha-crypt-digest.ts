import { hash as digestOf } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** What a round hashes depends on its number by 2, 3 and 7, so it repeats after as many. */
const SHAPES = 2 * 3 * 7;

/** How the bytes of a digest are dealt into groups of three. */
const ORDER = {
  sha256: { groups: 10, step: 21, third: 10, tail: [31, 30] },
  sha512: { groups: 21, step: 22, third: 21, tail: [63] },
} as const;

export type ShaAlgorithm = keyof typeof ORDER;

export interface ShaCryptJob {
  readonly algorithm: ShaAlgorithm;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly rounds: number;
}

/**
 * The digest part of a crypt(3) hash `$5$…` (sha256) or `$6$…` (sha512), after Ulrich Drepper's
 * "Unix crypt using SHA-256 and SHA-512", whose steps are numbered below. Computes without a break.
 */
export function shaCrypt({ algorithm, password, salt, rounds }: ShaCryptJob): string {
  const digest = (...parts: readonly Uint8Array[]) =>
    digestOf(algorithm, Buffer.concat(parts), 'buffer');

  const b = digest(password, salt, password); // 4 to 8
  const bits = [...password.length.toString(2)].reverse();
  const mixed = bits.map((bit) => (bit === '1' ? b : password)); // 11
  const a = digest(password, salt, repeat(b, password.length), ...mixed); // 1 to 3, 9, 10, 12
  const p = repeat(digest(repeat(password, password.length ** 2)), password.length); // 13 to 16
  const s = repeat(digest(repeat(salt, salt.length * (16 + (a[0] ?? 0)))), salt.length); // 17 to 20
  return encode(lastRound(algorithm, { a, p, s }, rounds), algorithm);
}

/** As many bytes of `block`, over and over, as asked for. */
function repeat(block: Uint8Array, length: number): Buffer {
  return Buffer.alloc(length, block);
}

interface Sequences {
  readonly a: Buffer;
  readonly p: Buffer;
  readonly s: Buffer;
}

/** Step 21. What a round hashes is kept, since only the digest of the round before changes in it. */
function lastRound(algorithm: ShaAlgorithm, { a, p, s }: Sequences, rounds: number): Buffer {
  const inputs = Array.from({ length: SHAPES }, (_, round) => {
    const isOdd = round % 2 === 1;
    const between = [...(round % 3 ? [s] : []), ...(round % 7 ? [p] : [])];
    const bytes = Buffer.concat(isOdd ? [p, ...between, a] : [a, ...between, p]);
    return { bytes, at: isOdd ? bytes.length - a.length : 0 };
  });
  let c = a;
  for (let round = 0; round < rounds;) {
    for (const { bytes, at } of inputs.slice(0, rounds - round)) {
      c.copy(bytes, at);
      c = digestOf(algorithm, bytes, 'buffer');
      round += 1;
    }
  }
  return c;
}

/** Step 22. */
function encode(digest: Buffer, algorithm: ShaAlgorithm): string {
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
