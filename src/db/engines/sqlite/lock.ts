import { setTimeout as sleep } from 'node:timers/promises';

/** SQLite waits on the thread that everything else runs on: so short that nobody notices. */
export const WAIT_IN_PLACE_MS = 20;
/** How long reads have the thread until the lock is tried again. */
export const PAUSE_MS = 20;

export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
}

/** Tries `work` again while another process has the file locked, for `waitMs`; reads go on meanwhile. */
export async function whileLocked<T>(waitMs: number, work: () => T): Promise<T> {
  const last = performance.now() + waitMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > last) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
