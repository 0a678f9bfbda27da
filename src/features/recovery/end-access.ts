import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { revokeAllApiKeys } from '../api-keys/store.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { deleteInvitationsBy } from '../invitations/store.ts';
import { queueMail } from '../mail/queue.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { deleteUserTokens } from '../referrals/store.ts';
import { tellEnded } from '../sessions/operations.ts';
import { revokeOtherSessions, type SessionRow } from '../sessions/store.ts';
import { deletePendingTotp, deleteTotp } from '../totp/store.ts';
import type { UserRow } from '../users/store.ts';

interface EarlierAccess {
  /** The owner of the account, whose row this transaction has locked. */
  readonly user: UserRow;
  /** The session that stays, because the owner has just used it. */
  readonly keepSessionId?: string | undefined;
  /** Whether a confirmed second factor ends as well. */
  readonly endsSecondFactor: boolean;
  /** Whether the owner did it, who may not be the caller: a mail says who the owner is. */
  readonly byOwner: boolean;
}

/** What ended with a recovery. */
export interface EndedAccess {
  /** The user as it is now. */
  readonly user: UserRow;
  readonly sessions: readonly SessionRow[];
  readonly apiKeys: number;
}

/**
 * Ends every way into an account that was set up before its owner proved an address or got another
 * password: sessions, API keys, referrer tokens, one-time tokens (sign-in challenges, reset links and
 * changes of address under way), invitations that were sent, and a second factor that is not confirmed.
 * Every path that proves an address or resets a password calls this function in its transaction, and
 * `tellEndedAccess` after the commit.
 */
export async function endEarlierAccess(
  ctx: Context,
  tx: Tx,
  { user, keepSessionId, endsSecondFactor, byOwner }: EarlierAccess,
): Promise<EndedAccess> {
  const { id: userId } = user;
  const now = ctx.clock.now();
  const keep = keepSessionId !== undefined && { keepId: keepSessionId };
  const sessions = await revokeOtherSessions(tx, { userId, now, ...keep });
  await deleteOneTimeTokens(tx, userId);
  await deletePendingTotp(tx, userId);
  const apiKeys = await revokeAllApiKeys(tx, { userId, now });
  const userTokens = await deleteUserTokens(tx, userId);
  const invitations = await deleteInvitationsBy(tx, userId);
  const without = endsSecondFactor ? await deleteTotp(tx, userId, now) : undefined;
  const ended = { sessions: sessions.length, apiKeys, userTokens, invitations };
  await report(ctx, tx, { user, byOwner }, { ...ended, secondFactor: without ? 1 : 0 });
  return { user: without ?? user, sessions, apiKeys };
}

/** Publishes what ended with a recovery: after the commit, so that every process forgets it. */
export function tellEndedAccess(ctx: Context, { user, sessions }: EndedAccess): void {
  ctx.changes.publish({ kind: 'user', userId: user.id });
  tellEnded(ctx, sessions);
  ctx.mail.wake();
}

interface Counts {
  readonly sessions: number;
  readonly apiKeys: number;
  readonly userTokens: number;
  readonly invitations: number;
  readonly secondFactor: 0 | 1;
}

/** Audits what ended. The owner gets a mail if API keys or the second factor are among it. */
async function report(
  ctx: Context,
  tx: Tx,
  { user, byOwner }: Pick<EarlierAccess, 'user' | 'byOwner'>,
  counts: Counts,
): Promise<void> {
  const ended = Object.entries(counts).filter(([, count]) => count > 0);
  if (ended.length === 0) return;
  const event = auditEvent(ctx, {
    action: 'user.access_ended',
    ...(byOwner && { actor: auditUser(user) }),
    target: { type: 'user', id: user.id },
    details: { fields: ended.map(([what, count]) => `${what}: ${count}`) },
  });
  await insertAuditEvent(ctx.db, tx, event);
  const { apiKeys, secondFactor } = counts;
  if (apiKeys + secondFactor === 0) return;
  const data = { apiKeys, secondFactor: secondFactor > 0, at: ctx.clock.now() };
  await queueMail(ctx, tx, { kind: 'accessEnded', to: user, data });
}
