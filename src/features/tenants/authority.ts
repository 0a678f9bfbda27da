import { callerId, systemRoleOf } from '../../access/actor.ts';
import { grantsOf, roleGrants, type TenantPermission } from '../../access/policy.ts';
import { outranks, type SystemRole, type TenantRole } from '../../access/roles.ts';
import type { Context } from '../../context.ts';
import type { Tx } from '../../db/client.ts';
import { AppError } from '../../errors.ts';
import { requireStillOpen } from '../setup/auth-state.ts';
import { findTenantRole } from './store.ts';

/** A role that is given or taken, and what lets somebody do that. */
interface Question {
  readonly tenantId: string;
  readonly permission: TenantPermission;
  readonly roles: readonly TenantRole[];
}

/**
 * Whether somebody may give and take roles in a tenant: none of them above their own. A system role
 * that carries the permission stands above all of them.
 */
export function hasAuthority(
  held: { readonly system: SystemRole; readonly tenant: TenantRole | undefined },
  { permission, roles }: Omit<Question, 'tenantId'>,
): boolean {
  if (roleGrants(held.system, permission)) return true;
  const { tenant } = held;
  if (tenant === undefined || !grantsOf(held).has(permission)) return false;
  return !roles.some((role) => outranks(role, tenant));
}

/**
 * Asks it of the caller in the transaction that has locked the tenant: the role they had when they
 * came may be theirs no more.
 * @throws FORBIDDEN
 */
export async function requireAuthority(ctx: Context, tx: Tx, question: Question): Promise<void> {
  const system = systemRoleOf(ctx.actor);
  const userId = callerId(ctx.actor);
  if (userId === undefined) await requireStillOpen(ctx, tx);
  const tenant = userId && (await findTenantRole(tx, question.tenantId, userId));
  if (hasAuthority({ system, tenant: tenant || undefined }, question)) return;
  throw new AppError('FORBIDDEN', {
    required: question.permission,
    message: 'You may not give or take a role above your own.',
  });
}
