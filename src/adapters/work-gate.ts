export interface WorkGate {
  /** Runs `work` when a place is free, in order of arrival; rejects with `refusal()` where none may wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
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
  const waiting: (() => void)[] = [];
  let running = 0;
  const isFree = () => running < places();

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (waiting.length === 0 && isFree()) running += 1;
    else if (waiting.length < queueLimit) await new Promise<void>((go) => waiting.push(go));
    else throw refusal(waiting.length);
    try {
      return await work();
    } finally {
      running -= 1;
      // A place passes straight to the next in line, so that nobody who arrives now can take it.
      for (let next; isFree() && (next = waiting.shift()); next()) running += 1;
    }
  }

  return { run, stats: () => ({ running, waiting: waiting.length }) };
}
