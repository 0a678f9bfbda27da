import { randomBytes } from 'node:crypto';
import { hash as argon2id } from '@node-rs/argon2';
import { AppError } from '../core/errors.ts';
import { type PasswordHash, readPasswordHash } from './password-hashes/read.ts';
import { normalizedPassword, spellingsOf } from './password-text.ts';
import type { Stop } from './stop.ts';
import { createWorkGate } from './work-gate.ts';

export interface HasherOptions {
  readonly memoryKib: number;
  readonly time: number;
  readonly parallelism: number;
  /** Hashes at once; see `createHasher` for why it stays below UV_THREADPOOL_SIZE. */
  readonly concurrency: number;
  /** How many of those may be under way at this moment, at least one. @default all */
  readonly places?: () => number;
  /** Hashes that may wait beyond those. */
  readonly queueLimit: number;
  /** Told of each how long it waited and how long it took, in seconds. */
  readonly onDone?: ((waited: number, took: number) => void) | undefined;
}

export interface Hasher {
  /** Rejects with the signal's reason as soon as that aborts while it waits, and gives its place back. */
  hash(password: string, signal?: Stop): Promise<string>;
  /**
   * Whether the password is the one of a hash in any of `PASSWORD_HASH_FORMATS`. False, after the work of
   * a real verification, where there is no hash, where it cannot be read or asks for too much work, and
   * where the password is too long to be one. Waits as `hash` does.
   */
  verify(hash: string | undefined, password: string, signal?: Stop): Promise<boolean>;
  /** Whether `hash` is another kind than argon2id or was made with other settings than the current ones. */
  needsRehash(hash: string): boolean;
  stats(): { readonly running: number; readonly waiting: number };
}

const ARGON2ID =
  /^\$argon2id\$v=(\d+)\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/;
const ARGON2_VERSION = 19;
// Before the first hash is measured: about one at the default settings.
const FIRST_GUESS_MS = 50;

/**
 * Hashes passwords with argon2id into PHC strings. Passwords are brought to Unicode form NFKC first
 * (NIST SP 800-63B-4), so that one password typed on two keyboards is one password; they are otherwise
 * taken exactly, spaces and NUL bytes included.
 *
 * argon2 runs on libuv's pool, whose threads (4 unless UV_THREADPOOL_SIZE says otherwise) also serve
 * DNS, files and asynchronous crypto, first come first served. So the waiting line is kept here, not
 * there: with fewer hashes at once than threads, a file read or a look-up always finds a free one
 * however many sign-ins wait. More hashes at once than cores would only make each of them slower. Past
 * `queueLimit` the caller is refused at once (OVERLOADED) rather than kept until its client gave up.
 */
export function createHasher(options: HasherOptions): Hasher {
  const { memoryKib, time, parallelism, concurrency, queueLimit, onDone } = options;
  const { places = () => concurrency } = options;
  const settings = [ARGON2_VERSION, memoryKib, time, parallelism];
  const gate = createWorkGate(places, queueLimit, overloaded);
  const dummy = readDummy(settings);
  let averageMs = FIRST_GUESS_MS;

  function overloaded(waiting: number) {
    const milliseconds = ((waiting + 1) * averageMs) / places();
    return new AppError('OVERLOADED', {
      retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)),
    });
  }

  /** Lets work wait its turn, and tells how long that and it took. */
  const inTurn = <T>(work: () => Promise<T>, signal: Stop | undefined): Promise<T> => {
    const asked = performance.now();
    return gate.run(async () => {
      const begun = performance.now();
      try {
        return await work();
      } finally {
        onDone?.((begun - asked) / 1000, (performance.now() - begun) / 1000);
      }
    }, signal);
  };

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    averageMs += (performance.now() - start - averageMs) / 8;
    return result;
  }

  /** Whether a spelling is the one of a hash; what cannot be checked takes the work of a real check. */
  async function matches(known: PasswordHash, spelling: string, signal: Stop | undefined) {
    const verify = (of: PasswordHash) => timed(() => of.verify(spelling, signal));
    if (known !== dummy && !known.isAffordable(spelling)) return verify(dummy);
    return verify(known).catch(() => {
      signal?.throwIfAborted();
      return verify(dummy);
    });
  }

  return {
    hash: async (password, signal) => {
      const normalized = normalizedPassword(password);
      if (normalized === undefined) throw new Error('the password is too long to be hashed');
      const cost = { memoryCost: memoryKib, timeCost: time, parallelism };
      return inTurn(() => timed(() => argon2id(normalized, cost)), signal);
    },
    verify: (hash, password, signal) => {
      // Other systems hashed what was typed. Tried for every hash, so that none stands out.
      const spellings = spellingsOf(password);
      const known = readPasswordHash(hash ?? '') ?? dummy;
      return inTurn(async () => {
        if (spellings.length === 0) await matches(dummy, '', signal);
        for (const spelling of spellings) {
          signal?.throwIfAborted();
          if (await matches(known, spelling, signal)) return true;
        }
        return false;
      }, signal);
    },
    needsRehash: (hash) => {
      const made = ARGON2ID.exec(hash)?.slice(1).map(Number);
      return !made || settings.some((setting, index) => setting !== made[index]);
    },
    stats: () => gate.stats(),
  };
}

/** A hash that nobody's password gives: its salt and digest are random bytes. */
function readDummy([version, memory, time, lanes]: readonly number[]): PasswordHash {
  const [salt, digest] = [16, 32].map((size) =>
    randomBytes(size).toString('base64').replaceAll('=', ''),
  );
  const text = `$argon2id$v=${version}$m=${memory},t=${time},p=${lanes}$${salt}$${digest}`;
  const dummy = readPasswordHash(text);
  if (!dummy) throw new Error('the hash of nobody cannot be read');
  return dummy;
}
