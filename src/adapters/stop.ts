/** Tells work to stop: the part of an AbortSignal that is used, which costs a request far more. */
export interface Stop {
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Why work was stopped; undefined while it is not. */
export function abortReason(stop: Stop): Error | undefined {
  try {
    stop.throwIfAborted();
    return undefined;
  } catch (reason) {
    return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
  }
}

/** Why work was stopped. */
export function reasonOf(stop: Stop): Error {
  return abortReason(stop) ?? new Error('aborted');
}
