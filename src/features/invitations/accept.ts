import { roleOfInvitation } from '../../access/giving.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { sha256 } from '../../adapters/digest.ts';
import { AppError } from '../../core/errors.ts';
import { lockTenants } from '../tenants/store.ts';
import type { Place } from '../users/store.ts';
import {
  consumeInvitation,
  findInvitationByToken,
  findInviter,
  type InvitationRow,
} from './store.ts';

/**
 * The invitation that a token is for, not taken yet.
 * @throws INVITATION_INVALID
 */
export async function invitationOf(ctx: Context, token: string): Promise<InvitationRow> {
  const now = ctx.clock.now();
  const found = await findInvitationByToken(ctx.db, { tokenHash: sha256(token), now });
  if (!found) throw new AppError('INVITATION_INVALID');
  return found;
}

/**
 * Takes an invitation, once, for the one who joins in the same transaction: the place that they get. It counts for nothing where
 * whoever invited was disabled since, left, or could no longer invite with that role.
 * @throws INVITATION_INVALID
 */
export async function takeInvitation(ctx: Context, tx: Tx, row: InvitationRow): Promise<Place> {
  const { id, tenantId, role } = row;
  await lockTenants(ctx.db, tx, [tenantId]);
  const taken = await consumeInvitation(tx, { id, now: ctx.clock.now() });
  const inviter = taken ? await findInviter(tx, row) : undefined;
  if (!inviter || inviter.user.disabled) throw new AppError('INVITATION_INVALID');

  const held = { system: inviter.user.systemRole, tenant: inviter.role };
  const given = roleOfInvitation(ctx, { axis: 'tenant', role, permission: 'members:invite' }, held);
  if (given === undefined) throw new AppError('INVITATION_INVALID');
  return { tenantId, role: given };
}
