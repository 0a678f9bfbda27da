import type { Database, Tx } from './database.ts';
import { isWriteConflict } from './errors.ts';

const ATTEMPTS = 3;

/**
 * Runs `work` in one transaction, again if the database ended it in favour of another (a deadlock):
 * then nothing of it has happened. So `work` may only touch the database. Nothing of it happens where the
 * request was given up before its end.
 */
export function transaction<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.inTurn(db, () => attempt(db, work));
}

async function attempt<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await db.prisma.$transaction(async (tx) => {
        // It may have waited for its turn.
        db.signal?.throwIfAborted();
        const result = await work(tx);
        db.signal?.throwIfAborted();
        return result;
      });
    } catch (error) {
      if (attempts === ATTEMPTS || !isWriteConflict(error)) throw error;
    }
  }
}
