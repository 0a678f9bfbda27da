/** Tells work to stop: the part of an AbortSignal that is used, which costs a request far more. */
export interface Stop {
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Why work was stopped. */
export function reasonOf(stop: Stop): Error {
  try {
    stop.throwIfAborted();
  } catch (reason) {
    return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
  }
  return new Error('aborted');
}
