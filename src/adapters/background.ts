import type { Log } from './log.ts';

/** Work that nobody waits for, but that a stop lets finish. */
export interface Background {
  /** Begins it; a failure is logged under `what`. */
  readonly run: (what: string, work: () => Promise<void>) => void;
  /** Waits for all that has begun. */
  readonly close: () => Promise<void>;
}

export function createBackground(log: Log): Background {
  const pending = new Set<Promise<void>>();
  return {
    run: (what, work) => {
      const done = work()
        .catch((error: unknown) => log.error({ err: error }, what))
        .finally(() => pending.delete(done));
      pending.add(done);
    },
    close: async () => {
      await Promise.all(pending);
    },
  };
}
