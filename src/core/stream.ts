/** What a stream is fed by. */
export interface StreamFeed<T> {
  readonly push: (value: T) => void;
  /** Ends the stream after what was pushed before. */
  readonly end: () => void;
}

/** What waits for a reader that does not come; a stream that holds more ends. */
const MAX_WAITING = 1000;

/**
 * Values as they come. `start` is called when the first one is asked for, and answers how to stop. Unlike a
 * generator it stops at once when its reader leaves, also while the reader waits for the next value.
 */
export function openStream<T>(
  start: (feed: StreamFeed<T>) => () => void,
): AsyncIterableIterator<T, undefined, undefined> {
  type Result = IteratorResult<T, undefined>;
  const values: T[] = [];
  const readers: ((result: Result) => void)[] = [];
  let stop: (() => void) | undefined;
  let state: 'new' | 'open' | 'over' = 'new';

  const finish = () => {
    if (state === 'over') return;
    state = 'over';
    stop?.();
    for (const reader of readers.splice(0)) reader({ done: true, value: undefined });
  };
  const push = (value: T) => {
    if (state === 'over') return;
    const reader = readers.shift();
    if (reader) reader({ done: false, value });
    else if (values.length < MAX_WAITING) values.push(value);
    else finish();
  };
  const begin = () => {
    state = 'open';
    stop = start({ push, end: finish });
    // It may have ended before it was known how to stop it.
    if (isOver()) stop();
  };
  const isOver = () => state === 'over';

  return {
    next: () => {
      if (state === 'new') begin();
      if (values.length > 0) return Promise.resolve({ done: false, value: values.shift() as T });
      if (isOver()) return Promise.resolve({ done: true, value: undefined });
      return new Promise<Result>((resolve) => readers.push(resolve));
    },
    return: () => {
      values.length = 0;
      finish();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
