import type { Change } from '../../core/change.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import type { AuditEntry } from '../../core/audit.ts';
import type { AccountChange } from './account-store.ts';

/** Audits a change to an account: an event for its fields, its role and its standing each. */
export function auditChange({ audit }: Change, id: string, set: AccountChange): void {
  const { systemRole, disabled, ...rest } = set;
  const fields = Object.keys(rest);
  if (fields.length > 0) audit(accountEntry('user.updated', id, { fields }));
  if (systemRole) audit(accountEntry('user.role_changed', id, { role: systemRole }));
  if (disabled !== undefined) audit(accountEntry(disabled ? 'user.disabled' : 'user.enabled', id));
}

/** What the audit log is told of an account. */
export function accountEntry<A extends AuditAction>(
  action: A,
  id: string,
  details?: AuditEntry<A>['details'],
): AuditEntry<A> {
  return { action, target: { type: 'user', id }, ...(details && { details }) };
}
