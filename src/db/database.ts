import type { Direct } from './direct.ts';
import type { Engine, OpenDatabase, Requester } from './engines/engine.ts';
import type { Prisma } from './generated/sqlite/client.ts';

/** A connected database. */
export interface Database extends Direct, OpenDatabase, Requester {
  /** What differs between the kinds of databases. */
  readonly engine: Engine;
  /** The same as `readList` for what takes long and many ask alike: those who ask at once share an answer. */
  readonly readShared: Direct['read'];
}

/** What a query runs in: the database itself or a transaction. */
export type Tx = Prisma.TransactionClient;
