import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Above this share of its time the event loop wants a core to itself, until it is below the other. */
const BUSY = 0.8;
const CALM = 0.6;
/** What its share is taken over; less says nothing of what comes. */
const WINDOW_MS = 50;

/**
 * How many of `threads` may compute at this moment: all of them, or one fewer than there are cores while
 * the event loop has hardly any rest. Otherwise it waits for its turn among them, up to some milliseconds
 * each time it has slept. At least one.
 *
 * @param cores Those of this machine unless told.
 */
export function createSpareCore(threads: number, cores = availableParallelism()): () => number {
  const few = Math.max(1, Math.min(threads, cores - 1));
  if (few === threads) return () => threads;
  let before = performance.eventLoopUtilization();
  let isBusy = false;
  return () => {
    const now = performance.eventLoopUtilization();
    const { idle, active, utilization } = performance.eventLoopUtilization(now, before);
    if (idle + active >= WINDOW_MS) {
      before = now;
      isBusy = utilization > (isBusy ? CALM : BUSY);
    }
    return isBusy ? few : threads;
  };
}
