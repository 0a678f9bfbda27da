import type { Database, Tx } from './client.ts';
import { isWriteConflict } from './errors.ts';

const ATTEMPTS = 3;

/**
 * Runs `work` in one transaction, again if the database ended it in favour of another (a deadlock):
 * then nothing of it has happened. So `work` may only touch the database. What has begun goes on to its
 * end whoever waits for it.
 */
export async function transaction<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.prisma.$transaction(async (tx) => {
        // It may have waited for its turn.
        db.signal?.throwIfAborted();
        return work(tx);
      });
    } catch (error) {
      if (attempt === ATTEMPTS || !isWriteConflict(error)) throw error;
    }
  }
}
