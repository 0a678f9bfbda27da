/** What is there at once where it is remembered: a promise costs each request its turn. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with what is there: at once, or when it is. */
export function whenReady<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Of whatever make: what is only promised must never pass for what is there. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Partial<Promise<T>> | null | undefined)?.then === 'function';
}
