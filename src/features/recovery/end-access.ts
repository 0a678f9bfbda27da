import type { Change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { revokeAllApiKeys } from '../api-keys/store.ts';
import { auditUser } from '../audit/event.ts';
import { deleteInvitationsBy } from '../invitations/store.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { deleteUserTokens } from '../referrals/store.ts';
import { revokeOtherSessions } from '../sessions/store.ts';
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
  /** How many sessions ended. */
  readonly sessions: number;
  /** How many API keys ended. */
  readonly apiKeys: number;
}

/**
 * Ends every way into an account that was set up before its owner proved an address or got another
 * password: sessions, API keys, referrer tokens, one-time tokens (sign-in challenges, reset links and
 * changes of address under way), invitations that were sent, and a second factor that is not confirmed.
 * Every path that proves an address or resets a password calls this function in its change.
 */
export async function endEarlierAccess(
  ctx: Context,
  writes: Change,
  { user, keepSessionId, endsSecondFactor, byOwner }: EarlierAccess,
): Promise<EndedAccess> {
  const { tx } = writes;
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
  await report(ctx, writes, { user, byOwner }, { ...ended, secondFactor: without ? 1 : 0 });
  writes.publish({ kind: 'user', userId });
  writes.ended(sessions);
  return { user: without ?? user, sessions: sessions.length, apiKeys };
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
  { audit, mail }: Change,
  { user, byOwner }: Pick<EarlierAccess, 'user' | 'byOwner'>,
  counts: Counts,
): Promise<void> {
  const ended = Object.entries(counts).filter(([, count]) => count > 0);
  if (ended.length === 0) return;
  audit({
    action: 'user.access_ended',
    ...(byOwner && { actor: auditUser(user) }),
    target: { type: 'user', id: user.id },
    details: { fields: ended.map(([what, count]) => `${what}: ${count}`) },
  });
  const { apiKeys, secondFactor } = counts;
  if (apiKeys + secondFactor === 0) return;
  const data = { apiKeys, secondFactor: secondFactor > 0, at: ctx.clock.now() };
  await mail({ kind: 'accessEnded', to: user, data });
}
