import { createHasher, type Hasher, type HasherOptions } from '../../src/adapters/hasher.ts';

const CHEAP = { memoryKib: 64, time: 1, parallelism: 1, concurrency: 2, queueLimit: 1000 };

/** A hasher that counts the passwords it is asked to check, and those it makes hashes of. */
export function countingHasher(options: Partial<HasherOptions> = {}) {
  const hasher = createHasher({ ...CHEAP, ...options });
  let checked = 0;
  let hashed = 0;
  const counting: Hasher = {
    ...hasher,
    verify: (...args) => {
      checked += 1;
      return hasher.verify(...args);
    },
    hash: (...args) => {
      hashed += 1;
      return hasher.hash(...args);
    },
  };
  return { hasher: counting, checked: () => checked, hashed: () => hashed };
}
