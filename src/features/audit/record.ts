import type { Context } from '../../context.ts';
import { transaction } from '../../db/transaction.ts';
import type { AuditAction } from './actions.ts';
import { type AuditEntry, auditEvent } from './event.ts';
import { insertAuditEvent } from './store.ts';

/** Records what changed nothing, such as a refusal, in a transaction of its own. */
export async function recordAuditEvent<A extends AuditAction>(
  ctx: Context,
  entry: AuditEntry<A>,
): Promise<void> {
  const event = auditEvent(ctx, entry);
  await transaction(ctx.db, (tx) => insertAuditEvent(ctx.db, tx, event));
}
