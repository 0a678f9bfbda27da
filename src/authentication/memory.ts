import { bytesOfRow, createCache } from '../adapters/cache.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { ChangeMessage, Changes } from '../core/changes.ts';

const MOST = 10_000;
const MOST_BYTES = 2 ** 25;
/** How old an answer may be while changes of other processes are heard, and while they are not. */
const HEARING_MS = 60_000;
const DEAF_MS = 5_000;

/**
 * What was read of users and of what they show. Remembered until a change of it or of its user is heard
 * of, and for a short while only: a change that is never heard of bites within five seconds.
 */
export interface Memory<T> {
  /** What is remembered under a key, or else what `load` reads. What is not there is not remembered. */
  readonly find: (key: string, load: () => Promise<T | undefined>) => MaybePromise<T | undefined>;
  /** How many times it was remembered, and how many it had to be read. */
  readonly stats: () => { readonly remembered: number; readonly read: number };
  /** Takes note of what this process has just written, where that is remembered. */
  readonly note: (key: string, renew: (known: T) => T) => void;
}

interface Remembered<T> {
  readonly value: T;
  readonly readAt: number;
}

/** A memory that listens to changes. What belongs to a session stands under the id of that. */
export function createMemory<T extends { readonly userId: string }>(changes: Changes): Memory<T> {
  const keysOf = new Map<string, Set<string>>();
  const cache = createCache<Remembered<T>>({
    entries: MOST,
    bytes: MOST_BYTES,
    bytesOf: bytesOfRow,
    onDrop: ({ value }, key) => forgetPlace(keysOf, value.userId, key),
  });
  // A read that began before a change must not be remembered after it.
  let heard = 0;
  let [remembered, read] = [0, 0];

  const remember = (key: string, value: T, readAt: number) => {
    cache.set(key, { value, readAt });
    const keys = keysOf.get(value.userId) ?? new Set();
    keysOf.set(value.userId, keys.add(key));
  };

  const forget = (change: ChangeMessage) => {
    if (change.kind === 'auth') return;
    heard += 1;
    if (change.kind === 'gap') cache.clear();
    else if (change.kind === 'session') cache.delete(change.sessionId);
    else for (const key of [...(keysOf.get(change.userId) ?? [])]) cache.delete(key);
  };
  changes.subscribe(forget);

  const recall = (key: string) => {
    const known = cache.get(key);
    if (!known) return undefined;
    const maxAge = changes.hearsOthers() ? HEARING_MS : DEAF_MS;
    return performance.now() - known.readAt <= maxAge ? known.value : undefined;
  };

  const readAnew = async (key: string, load: () => Promise<T | undefined>) => {
    read += 1;
    const before = heard;
    const readAt = performance.now();
    const found = await load();
    if (found && before === heard) remember(key, found, readAt);
    return found;
  };

  return {
    find: (key, load) => {
      const recalled = recall(key);
      if (!recalled) return readAnew(key, load);
      remembered += 1;
      return recalled;
    },
    stats: () => ({ remembered, read }),
    note: (key, renew) => {
      const known = cache.get(key);
      if (known) cache.set(key, { ...known, value: renew(known.value) });
    },
  };
}

function forgetPlace(keysOf: Map<string, Set<string>>, userId: string, key: string): void {
  const keys = keysOf.get(userId);
  keys?.delete(key);
  if (keys?.size === 0) keysOf.delete(userId);
}
