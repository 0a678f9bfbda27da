import type { Context } from '../../core/context.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import { recordAuditEvent } from '../audit/record.ts';

const DENIALS: readonly ErrorCode[] = ['FORBIDDEN', 'LAST_ADMIN', 'OWN_ACCOUNT'];

/** A refusal is worth knowing of (ASVS 16.3.2); that there is no such user is not. */
export async function noteDenial(ctx: Context, error: unknown, action: AuditAction, id: string) {
  if (!(error instanceof AppError) || !DENIALS.includes(error.code)) return;
  await recordAuditEvent(ctx, { action, outcome: 'denied', target: { type: 'user', id } });
}
