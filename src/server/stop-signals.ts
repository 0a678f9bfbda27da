import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A terminal signals the whole group and npm passes it on as well: one stop comes as several. */
const SAME_STOP_MS = 1000;

type OnStop = (signal: NodeJS.Signals) => void;

/** Whether the process is told to stop. */
export interface StopSignals {
  /** What a stop means from now on; called at once where it was asked for already. */
  readonly mean: (onStop: OnStop) => void;
  readonly close: () => void;
}

/**
 * Listens for a stop; a second one ends the process at once. A listener that is taken off loses a signal that has arrived and was not heard yet, so
 * what a stop means changes and the listener stays.
 */
export function listenForStop(): StopSignals {
  let meaning: OnStop = () => undefined;
  let signal: NodeJS.Signals | undefined;
  let heardAt = 0;
  const hear = (given: NodeJS.Signals) => {
    if (signal !== undefined) {
      if (performance.now() - heardAt > SAME_STOP_MS) process.exit(exitCodeOf(given));
      return;
    }
    signal = given;
    heardAt = performance.now();
    meaning(given);
  };
  for (const name of SIGNALS) process.on(name, hear);
  return {
    mean: (onStop) => {
      meaning = onStop;
      if (signal !== undefined) onStop(signal);
    },
    close: () => {
      for (const name of SIGNALS) process.off(name, hear);
    },
  };
}

/** What a shell reports of a command that a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
