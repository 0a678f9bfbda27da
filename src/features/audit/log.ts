import type { Background } from '../../adapters/background.ts';
import type { AuditLog } from '../../core/audit.ts';
import type { Database } from '../../db/database.ts';
import { insertAuditEvent } from './append-store.ts';
import { recordingDenied } from './denied.ts';
import { auditEvent } from './event.ts';

/** The audit log of a database. */
export function createAuditLog(db: Database, background: Background): AuditLog {
  return {
    append: async (ctx, tx, entries) => {
      for (const entry of entries) await insertAuditEvent(db, tx, auditEvent(ctx, entry));
    },
    denied: recordingDenied(db, background),
  };
}
