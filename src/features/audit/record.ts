import type { Context } from '../../core/context.ts';
import type { AuditAction } from './actions.ts';
import { appendAlone } from './direct-store.ts';
import { type AuditContext, type AuditEntry, auditEvent } from './event.ts';

/** Records what changed nothing, such as a refusal, in a transaction of its own. */
export async function recordAuditEvent<A extends AuditAction>(
  ctx: AuditContext & Pick<Context, 'db'>,
  entry: AuditEntry<A>,
): Promise<void> {
  await appendAlone(ctx.db, auditEvent(ctx, entry));
}
