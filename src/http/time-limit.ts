import type { ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';

/** How long a request is worked on: until its client goes, and no longer than the server says. */
export interface TimeLimit {
  /** Aborts with the error to answer. */
  readonly signal: AbortSignal;
  /** What comes of `work`; rejects when the limit is reached first, and lets go of it. */
  readonly within: <T>(work: Promise<T>) => Promise<T>;
  /** The answer begins: it may take as long as it likes, while somebody takes it. */
  readonly met: () => void;
}

/** Begins the time of a request whose body has been read. */
export function limitTime(res: ServerResponse, seconds: number): TimeLimit {
  const controller = new AbortController();
  const { promise: over, reject } = withReject();
  const stop = () => {
    const error = new AppError('TIMED_OUT');
    controller.abort(error);
    reject(error);
  };
  const timer = setTimeout(stop, seconds * 1000);
  const closed = () => {
    clearTimeout(timer);
    if (!res.writableFinished) stop();
  };
  if (res.closed) closed();
  else res.once('close', closed);
  return {
    signal: controller.signal,
    within: (work) => Promise.race([work, over]),
    met: () => clearTimeout(timer),
  };
}

function withReject() {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, refuse) => (reject = refuse));
  // Nobody may be waiting any more.
  promise.catch(() => undefined);
  return { promise, reject };
}
