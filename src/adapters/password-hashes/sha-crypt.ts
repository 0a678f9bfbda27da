import { timingSafeEqual } from 'node:crypto';
import { shaCryptInThread } from '../sha-crypt-threads.ts';
import { type Format, isBetween, type Parts, utf8 } from './format.ts';
import type { ShaAlgorithm } from './sha-crypt-digest.ts';
import type { Work } from './work.ts';

const DEFAULT_ROUNDS = 5000;
const MIN_ROUNDS = 1000;
/** What the specification takes. */
const MAX_ROUNDS = 999_999_999;
/** A round takes a unit more for each of these. */
const BYTES_A_UNIT = 256;

export const SHA_CRYPT_FORMATS: readonly Format[] = [
  shaCryptFormat('sha256', {
    id: '5',
    length: 43,
    units: 3,
    limits: 'up to 349,525 rounds; fewer with a password of 256 bytes or more',
  }),
  shaCryptFormat('sha512', {
    id: '6',
    length: 86,
    units: 4,
    limits: 'up to 262,144 rounds; fewer with a password of 256 bytes or more',
  }),
];

interface Kind {
  readonly id: string;
  /** Characters of a hash. */
  readonly length: number;
  /** Units of a round with a short password. */
  readonly units: number;
  readonly limits: string;
}

function shaCryptFormat(algorithm: ShaAlgorithm, { id, length, units, limits }: Kind): Format {
  return {
    name: `${algorithm}-crypt`,
    example: `$${id}$rounds=5000$<salt>$<hash>`,
    limits,
    pattern: new RegExp(
      `^\\$${id}\\$(?:rounds=(?<rounds>\\d{1,10})\\$)?(?<salt>[^$:\\s]{0,16})\\$(?<hash>[./0-9A-Za-z]{${length}})$`,
    ),
    work: (parts, passwordBytes) => workOf(parts, units + Math.floor(passwordBytes / BYTES_A_UNIT)),
    verify: async ({ rounds = DEFAULT_ROUNDS, salt, hash }, password, signal) => {
      const job = { algorithm, password, salt: utf8(salt), rounds: Number(rounds) };
      const made = await shaCryptInThread(job, signal);
      return timingSafeEqual(utf8(made), utf8(hash));
    },
  };
}

function workOf({ rounds = String(DEFAULT_ROUNDS) }: Parts, units: number): Work | undefined {
  if (!isBetween(rounds, MIN_ROUNDS, MAX_ROUNDS)) return undefined;
  return { units: Number(rounds) * units, memoryKib: 0 };
}
