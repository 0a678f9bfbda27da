import type { Log } from './log.ts';

/** Whether something that this server depends on is there, as its uses show. */
export interface Reach {
  readonly worked: () => void;
  readonly failed: (error: unknown) => void;
  /** As the last use was; true before the first one. */
  readonly isThere: () => boolean;
}

interface ReachTexts {
  /** What is logged when it goes away, and when it is back. */
  readonly gone: string;
  readonly back: string;
  readonly fields?: object;
}

/** Logs one line when something goes away and one when it is back, however often it is tried. */
export function createReach(log: Log, { gone, back, fields = {} }: ReachTexts): Reach {
  let goneSince: number | undefined;
  return {
    worked: () => {
      if (goneSince === undefined) return;
      const seconds = Math.round((performance.now() - goneSince) / 1000);
      goneSince = undefined;
      log.info({ ...fields, seconds }, back);
    },
    failed: (error) => {
      if (goneSince !== undefined) return;
      goneSince = performance.now();
      log.warn({ ...fields, err: error }, gone);
    },
    isThere: () => goneSince === undefined,
  };
}
