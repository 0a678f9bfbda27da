import type { Database } from '../../db/client.ts';
import type { AuditLog } from '../../services.ts';
import { auditEvent } from './event.ts';
import { insertAuditEvent } from './store.ts';

/** The audit log of a database, as `change` appends to it. */
export function createAuditLog(db: Database): AuditLog {
  return {
    append: async (ctx, tx, entries) => {
      for (const entry of entries) await insertAuditEvent(db, tx, auditEvent(ctx, entry));
    },
  };
}
