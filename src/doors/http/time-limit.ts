import type { ServerResponse } from 'node:http';
import type { Stop } from '../../adapters/stop.ts';
import { AppError } from '../../core/errors.ts';

/** How long a request is worked on: until its client goes, and no longer than the server says. */
export interface TimeLimit {
  /** Aborts with the error to answer. */
  readonly signal: Stop;
  /** What comes of `work`, the only one at the time; rejects when the limit is reached first. */
  readonly within: <T>(work: Promise<T>) => Promise<T>;
  /** Waits for a client to send its body: the time begins anew then. */
  readonly afterBody: <T>(body: Promise<T>) => Promise<T>;
  /** The answer begins: it may take as long as it likes, while somebody takes it. */
  readonly met: () => void;
}

/** Begins the time of a request. */
export function limitTime(res: ServerResponse, seconds: number): TimeLimit {
  const state: State = { error: undefined, listeners: undefined };
  let giveUp: ((error: AppError) => void) | undefined;
  let isReading = false;
  const stop = () => {
    if (isReading && !res.closed) return;
    state.error ??= new AppError('TIMED_OUT');
    giveUp?.(state.error);
    const { listeners = [] } = state;
    state.listeners = undefined;
    for (const listener of listeners) listener();
  };
  const timer = setTimeout(stop, seconds * 1000);
  const closed = () => {
    clearTimeout(timer);
    if (!res.writableFinished) stop();
  };
  if (res.closed) closed();
  else res.once('close', closed);
  return {
    signal: signalOf(state),
    within: (work) =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        if (state.error) reject(state.error);
        work.then(
          (value) => {
            giveUp = undefined;
            resolve(value);
          },
          (error: Error) => {
            giveUp = undefined;
            reject(error);
          },
        );
      }),
    afterBody: async (body) => {
      isReading = true;
      const read = await body;
      isReading = false;
      if (!res.closed) timer.refresh();
      return read;
    },
    met: () => clearTimeout(timer),
  };
}

interface State {
  error: AppError | undefined;
  /** Made for the first listener: most requests have none. */
  listeners: Set<() => void> | undefined;
}

/**
 * Apart from the rest: a context that is the key of a WeakMap outlives its request until the next full
 * collection, and would keep the request and its socket's buffers with it.
 */
function signalOf(state: State): Stop {
  const throwIfAborted = () => {
    if (state.error) throw state.error;
  };
  const addEventListener = (_type: string, listener: () => void) => {
    (state.listeners ??= new Set()).add(listener);
  };
  const removeEventListener = (_type: string, listener: () => void) => {
    state.listeners?.delete(listener);
  };
  return { throwIfAborted, addEventListener, removeEventListener };
}
