import type { Clock } from '../adapters/clock.ts';
import type { FigureReader } from '../core/figures.ts';
import type { Database } from '../db/database.ts';
import { readOutboxFigures } from '../features/mail/store.ts';

const TIMEOUT_MS = 5000;

export function createFigures({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): FigureReader {
  let isDatabaseUp: boolean | undefined;
  let outbox: Awaited<ReturnType<typeof readOutboxFigures>> | undefined;
  let reading: Promise<void> | undefined;

  const readOnce = async () => {
    try {
      outbox = await readOutboxFigures(db);
      isDatabaseUp = true;
    } catch {
      isDatabaseUp = false;
    } finally {
      reading = undefined;
    }
  };

  return {
    read: async () => {
      reading ??= readOnce();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          isDatabaseUp = false;
          resolve();
        }, TIMEOUT_MS);
      });
      await Promise.race([reading, late]);
      clearTimeout(timer);
    },
    last: () => ({
      isDatabaseUp,
      mailsWaiting: outbox?.waiting,
      oldestMailSeconds:
        outbox &&
        (outbox.oldest ? Math.max(0, clock.now().getTime() - outbox.oldest.getTime()) / 1000 : 0),
    }),
  };
}

const EVERY_MS = 15_000;

/** Reads the figures for as long as the process runs; returns how to stop. */
export function startFigures({ read }: FigureReader): () => void {
  const timer = setInterval(() => void read(), EVERY_MS);
  timer.unref();
  void read();
  return () => clearInterval(timer);
}
