import { reasonOf, type Stop } from './stop.ts';

export interface WorkGate {
  /**
   * Runs `work` when a place is free, in order of arrival; rejects with `refusal()` where none may wait.
   * Work that is stopped before its turn leaves the line at once and never begins.
   */
  run<T>(work: () => Promise<T>, signal?: Stop): Promise<T>;
  stats(): { readonly running: number; readonly waiting: number };
}

/**
 * At most `places()` at work, which is at least one, and `queueLimit` waiting. How many places there are is
 * asked whenever one is taken or left, and may change.
 */
export function createWorkGate(
  places: () => number,
  queueLimit: number,
  refusal: (waiting: number) => Error,
): WorkGate {
  const waiting = new Set<() => void>();
  let running = 0;
  const isFree = () => running < places();

  /** Resolves when a place passes to the caller; rejects when the signal aborts before that. */
  async function waitInLine(signal: Stop | undefined): Promise<void> {
    let leave: () => void = () => undefined;
    try {
      await new Promise<void>((go, reject) => {
        waiting.add(go);
        leave = () => {
          if (signal && waiting.delete(go)) reject(reasonOf(signal));
        };
        signal?.addEventListener('abort', leave);
      });
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  async function run<T>(work: () => Promise<T>, signal?: Stop): Promise<T> {
    signal?.throwIfAborted();
    if (waiting.size === 0 && isFree()) running += 1;
    else if (waiting.size < queueLimit) await waitInLine(signal);
    else throw refusal(waiting.size);
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      running -= 1;
      // A place passes straight to the next in line, so that nobody who arrives now can take it.
      for (const next of waiting) {
        if (!isFree()) break;
        waiting.delete(next);
        running += 1;
        next();
      }
    }
  }

  return { run, stats: () => ({ running, waiting: waiting.size }) };
}
