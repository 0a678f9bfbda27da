export interface WorkGate {
  /** Runs `work` when a place is free, in order of arrival; rejects with `refusal()` where none may wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
  stats(): { readonly running: number; readonly waiting: number };
}

/** At most `concurrency` at work and `queueLimit` waiting. */
export function createWorkGate(
  concurrency: number,
  queueLimit: number,
  refusal: (waiting: number) => Error,
): WorkGate {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (running < concurrency) running += 1;
    else if (waiting.length < queueLimit) await new Promise<void>((go) => waiting.push(go));
    else throw refusal(waiting.length);
    try {
      return await work();
    } finally {
      // The place passes straight to the next in line, so that nobody who arrives now can take it.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return { run, stats: () => ({ running, waiting: waiting.length }) };
}
