import type { Clock } from '../../adapters/clock.ts';
import type { KeyedHash } from '../../adapters/keyed-hash.ts';
import { type Bucket, type Throttles, UNCOUNTED } from '../../core/throttle.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { claimAttempt, type Counter, findNextAttempt, settleAttempt } from './store.ts';

export interface ThrottlesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
}

/** Throttles that all processes on one database share. One that cannot be asked lets nobody through. */
export function createThrottles({ db, clock, keyedHash }: ThrottlesOptions): Throttles {
  const toCounter = ({ kind, of }: Bucket): Counter => ({ kind, key: keyedHash(kind, ...of) });

  const claim: Throttles['claim'] = async ([first, ...others]) => {
    const counters = [toCounter(first), ...others.map(toCounter)] as const;
    const now = clock.now();
    const claimed = await claimAttempt(db, counters, now);
    if (!claimed) {
      const next = (await findNextAttempt(db, counters, now)) ?? now;
      const seconds = Math.ceil((next.getTime() - now.getTime()) / 1000);
      throw new AppError('RATE_LIMITED', { retryAfterSeconds: Math.max(1, seconds) });
    }

    let isSettled = false;
    const settle = async (succeeded: boolean, places: readonly Bucket[] = []) => {
      if (isSettled) return;
      isSettled = true;
      const settled = distinct([...claimed, ...places.map(toCounter)]);
      await settleAttempt(db, settled, { succeeded, now: clock.now() });
    };
    return { succeeded: (places) => settle(true, places), givenBack: () => settle(false) };
  };

  const trust: Throttles['trust'] = async (places) => {
    const settled = distinct(places.map(toCounter));
    if (settled.length === 0) return;
    await settleAttempt(db, settled, { succeeded: true, now: clock.now() });
  };
  return { claim, trust };
}

/** Each counter once: one statement writes a row once. */
function distinct(counters: readonly Counter[]): readonly Counter[] {
  return [...new Map(counters.map((counter) => [counter.key, counter])).values()];
}

/** What stands in for them where they are turned off. */
export const NO_THROTTLES: Throttles = {
  claim: async () => UNCOUNTED,
  trust: async () => undefined,
};
