/** The server's only source of time (ASVS 6.5.8). */
export interface Clock {
  readonly now: () => Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** `date` moved by a number of seconds. */
export function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

/** Whole seconds since the UNIX epoch, the NumericDate of RFC 7519. */
export function toEpochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
