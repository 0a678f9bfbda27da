import type { Log } from './log.ts';

/** Writes what strangers can cause as often as they like: once a minute for each kind. */
export interface SparingLog {
  /** @param kind one of a few, never what a client wrote */
  readonly warn: (kind: string, fields: object, message: string) => void;
}

const MINUTE_MS = 60_000;

/** The first line of a kind is written at once; how many lines of the next minute are left out, at its end. */
export function createSparingLog(log: Log, everyMs = MINUTE_MS): SparingLog {
  const leftOut = new Map<string, number>();

  const wait = (kind: string, message: string) => {
    leftOut.set(kind, 0);
    setTimeout(() => {
      const count = leftOut.get(kind) ?? 0;
      leftOut.delete(kind);
      if (count === 0) return;
      log.warn({ kind, leftOut: count }, message);
      wait(kind, message);
    }, everyMs).unref();
  };

  return {
    warn: (kind, fields, message) => {
      const count = leftOut.get(kind);
      if (count !== undefined) {
        leftOut.set(kind, count + 1);
        return;
      }
      log.warn({ kind, ...fields }, message);
      wait(kind, message);
    },
  };
}
