/** What is there at once where it is remembered: a promise costs each request its turn. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with what is there: at once, or when it is. */
export function whenReady<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
