import type { Log } from './log.ts';

/** Work that nobody waits for, but that a stop lets finish. */
export interface Background {
  /**
   * Takes work on, to begin once `after` resolves and a place is free; a failure is logged under `what`.
   * Returns false where too much is waiting already: then it is not done.
   */
  readonly run: (what: string, work: () => Promise<void>, after?: Promise<void>) => boolean;
  /** Waits for all that was taken on, which begins now. */
  readonly close: () => Promise<void>;
}

/** How much may wait, and how much of it is done at once: requests come first. */
const LIMIT = 1000;
const AT_ONCE = 4;

export function createBackground(log: Log, { limit = LIMIT, atOnce = AT_ONCE } = {}): Background {
  const pending = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let places = atOnce;
  let isFull = false;
  const held = new Set<() => void>();

  /** Waits for `after`, or for a stop. */
  const hold = (after: Promise<void>) =>
    new Promise<void>((resolve) => {
      held.add(resolve);
      const go = () => {
        held.delete(resolve);
        resolve();
      };
      after.then(go, go);
    });
  const takePlace = async () => {
    if (places > 0) places -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leavePlace = () => {
    const next = waiting.shift();
    if (next) next();
    else places += 1;
  };
  const start = async (work: () => Promise<void>, after: Promise<void> | undefined) => {
    if (after) await hold(after);
    await takePlace();
    try {
      await work();
    } finally {
      leavePlace();
    }
  };

  return {
    run: (what, work, after) => {
      if (pending.size >= limit) {
        // Once, until there is room again: it would fill the log.
        if (!isFull) log.error({ waiting: pending.size }, `${what}: too much is waiting`);
        isFull = true;
        return false;
      }
      isFull = false;
      const done = start(work, after)
        .catch((error: unknown) => log.error({ err: error }, what))
        .finally(() => pending.delete(done));
      pending.add(done);
      return true;
    },
    close: async () => {
      for (const go of held) go();
      await Promise.all(pending);
    },
  };
}
