import type { Context } from '../../context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { composeMail } from '../mail/compose.ts';
import { insertMail } from '../mail/store.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { tellEnded } from '../sessions/operations.ts';
import { revokeOtherSessions, type SessionRow } from '../sessions/store.ts';
import type { UserRow } from '../users/store.ts';

interface PasswordChange {
  readonly userId: string;
  /** Gives the user, whose row it takes first, another password; throws where that cannot be. */
  readonly change: (tx: Tx) => Promise<UserRow>;
  /** Which sessions of the user end: all of them, all but one, or none. */
  readonly ends: 'all' | 'none' | { readonly but: string };
  readonly action: 'password.changed' | 'password.reset';
  readonly mail: 'passwordChanged' | 'passwordReset';
  /** Whether the user themselves did it, of whom the request alone knows nothing. */
  readonly bySelf?: true;
}

/** What a change of the password answers. */
export interface PasswordChanged {
  readonly user: UserRow;
  /** How many sessions ended with it. */
  readonly revokedSessions: number;
}

/**
 * Gives a user another password. What they could do with links and challenges ends with it, they are
 * told by mail, and it is audited: all of it or nothing.
 */
export async function applyPassword(ctx: Context, spec: PasswordChange): Promise<PasswordChanged> {
  const { user, ended } = await transaction(ctx.db, (tx) => applyPasswordIn(ctx, tx, spec));
  ctx.changes.publish({ kind: 'user', userId: spec.userId });
  tellEnded(ctx, ended);
  ctx.mail.wake();
  return { user, revokedSessions: ended.length };
}

/** The same within the transaction of something else, which tells of it once it is committed. */
export async function applyPasswordIn(
  ctx: Context,
  tx: Tx,
  spec: PasswordChange,
): Promise<{ readonly user: UserRow; readonly ended: readonly SessionRow[] }> {
  const { userId, action, bySelf } = spec;
  const { userAgent: device, ipAddress: address } = ctx.request;
  const user = await spec.change(tx);
  await deleteOneTimeTokens(tx, userId);
  const ended = await endSessions(ctx, tx, spec);
  const data = { device, address, at: ctx.clock.now() };
  await insertMail(tx, composeMail(ctx, { kind: spec.mail, to: user, data }));
  const event = auditEvent(ctx, {
    action,
    target: { type: 'user', id: userId },
    ...(bySelf && { actor: auditUser(user) }),
    details: { count: ended.length },
  });
  await insertAuditEvent(ctx.db, tx, event);
  return { user, ended };
}

async function endSessions(
  ctx: Context,
  tx: Tx,
  { userId, ends }: PasswordChange,
): Promise<readonly SessionRow[]> {
  if (ends === 'none') return [];
  const now = ctx.clock.now();
  return revokeOtherSessions(tx, { userId, now, ...(ends !== 'all' && { keepId: ends.but }) });
}
