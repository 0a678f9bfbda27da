import { callerId, systemRoleOf } from '../../core/actor.ts';
import { type Gift, type Given, giveRole, mayGive } from '../../access/giving.ts';
import type { Roles, TenantPermission } from '../../access/policy.ts';
import type { TenantRole } from '../../core/roles.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { requireStillOpen } from '../setup/auth-state.ts';
import { findTenantRole } from './store.ts';

/** A role in a tenant that is given or taken, and what lets somebody do that. */
interface Question<R extends TenantRole> extends Omit<Gift<'tenant', R>, 'axis'> {
  readonly tenantId: string;
  readonly permission: TenantPermission;
}

/**
 * Has the role of somebody in a tenant decided on in the transaction that has locked the tenant: the role
 * that the caller had when they came may be theirs no more.
 * @throws FORBIDDEN, REAUTHENTICATION_REQUIRED
 */
export async function requireAuthority<R extends TenantRole>(
  ctx: Context,
  tx: Tx,
  { tenantId, ...asked }: Question<R>,
): Promise<Given<R>> {
  return giveRole(ctx, { axis: 'tenant', ...asked }, await heldIn(ctx, tx, tenantId));
}

/**
 * The same for what takes back a role that nobody has yet: that asks for no recent sign-in.
 * @throws FORBIDDEN
 */
export async function requireAuthorityToWithdraw(
  ctx: Context,
  tx: Tx,
  { tenantId, ...asked }: Question<TenantRole>,
): Promise<void> {
  const gift = { axis: 'tenant', ...asked } as const;
  if (mayGive(ctx, gift, await heldIn(ctx, tx, tenantId))) return;
  throw new AppError('FORBIDDEN', { required: asked.permission });
}

async function heldIn(ctx: Context, tx: Tx, tenantId: string): Promise<Roles> {
  const system = systemRoleOf(ctx.actor);
  const userId = callerId(ctx.actor);
  if (userId === undefined) await requireStillOpen(ctx, tx);
  const tenant = userId === undefined ? undefined : await findTenantRole(tx, tenantId, userId);
  return { system, tenant };
}
