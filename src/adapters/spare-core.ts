import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Above this share of its time the event loop wants a core to itself, until it is below the other. */
const BUSY = 0.8;
const CALM = 0.6;
/** What its share is taken over; less says nothing of what comes. */
const WINDOW_MS = 50;

export interface SpareCoreOptions {
  /** How many may compute at once. */
  readonly threads: number;
  /** @default those of this machine */
  readonly cores?: number;
  /** The milliseconds so far that the event loop rested and worked. @default this one's */
  readonly spent?: () => { readonly idle: number; readonly active: number };
}

/**
 * How many of `threads` may compute at this moment: all of them, or one fewer than there are cores while
 * the event loop has hardly any rest. Otherwise it waits for its turn among them, up to some milliseconds
 * each time it has slept. At least one.
 */
export function createSpareCore(options: SpareCoreOptions): () => number {
  const { threads, cores = availableParallelism() } = options;
  const { spent = () => performance.eventLoopUtilization() } = options;
  const few = Math.max(1, Math.min(threads, cores - 1));
  if (few === threads) return () => threads;
  let before = spent();
  let isBusy = false;
  return () => {
    const now = spent();
    const active = now.active - before.active;
    const time = active + now.idle - before.idle;
    if (time >= WINDOW_MS) {
      before = now;
      isBusy = active / time > (isBusy ? CALM : BUSY);
    }
    return isBusy ? few : threads;
  };
}
