import type { Context } from '../../core/context.ts';
import type { AuditAction } from '../audit/actions.ts';
import { auditEvent, type NewAuditEvent } from '../audit/event.ts';
import type { AccountChange } from './manage-store.ts';

/** The audit events of a change to an account. */
export function changeEvents(
  ctx: Context,
  id: string,
  set: AccountChange,
): readonly NewAuditEvent[] {
  const { systemRole, disabled, ...rest } = set;
  const fields = Object.keys(rest);
  return [
    ...(fields.length > 0 ? [accountEvent(ctx, 'user.updated', id, { fields })] : []),
    ...(systemRole ? [accountEvent(ctx, 'user.role_changed', id, { role: systemRole })] : []),
    ...(disabled === undefined
      ? []
      : [accountEvent(ctx, disabled ? 'user.disabled' : 'user.enabled', id)]),
  ];
}

export function accountEvent(
  ctx: Context,
  action: AuditAction,
  id: string,
  details: object = {},
): NewAuditEvent {
  return auditEvent(ctx, { action, target: { type: 'user', id }, details });
}
