import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** How work ended that a signal may stop. */
interface Ended<T> {
  /** Undefined where a signal stopped the work. */
  readonly result?: T;
  /** The signal that arrived meanwhile, in time to stop the work or not. */
  readonly signal?: NodeJS.Signals;
}

/** Runs work that stops at a safe point of its own once the process is told to stop. */
export async function stoppable<T>(
  work: (stop: AbortSignal) => Promise<T>,
  onSignal: (signal: NodeJS.Signals) => void,
): Promise<Ended<T>> {
  const stop = new AbortController();
  let signal: NodeJS.Signals | undefined;
  const handle = (given: NodeJS.Signals) => {
    // A terminal signals the whole group and npm passes it on as well: one stop comes as several.
    if (signal !== undefined) return;
    signal = given;
    onSignal(given);
    stop.abort();
  };
  for (const name of SIGNALS) process.on(name, handle);
  try {
    const result = await work(stop.signal);
    return signal === undefined ? { result } : { result, signal };
  } catch (error) {
    const isStop = error instanceof Error && error.name === 'AbortError';
    if (signal === undefined || !isStop) throw error;
    return { signal };
  } finally {
    for (const name of SIGNALS) process.off(name, handle);
  }
}

/** What a shell reports of a command that a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
