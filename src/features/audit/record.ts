import type { Database } from '../../db/database.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import { appendAlone } from './append-store.ts';
import type { AuditContext, AuditEntry } from '../../core/audit.ts';
import { auditEvent } from './event.ts';

/** Records what changed nothing, such as a refusal, in a transaction of its own. */
export async function recordAuditEvent<A extends AuditAction>(
  ctx: AuditContext & { readonly db: Database },
  entry: AuditEntry<A>,
): Promise<void> {
  await appendAlone(ctx.db, auditEvent(ctx, entry));
}
