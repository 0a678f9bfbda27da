import type { Database } from '../../src/db/database.ts';
import { transaction } from '../../src/db/transaction.ts';
import { insertAccountIn, type NewAccount, type UserRow } from '../../src/features/users/store.ts';

/** Makes an account as the operations do, without their audit events. */
export function insertAccount(db: Database, account: NewAccount): Promise<UserRow> {
  return transaction(db, (tx) => insertAccountIn(tx, account));
}
