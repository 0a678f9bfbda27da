import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { revokeAllApiKeys } from '../api-keys/store.ts';
import { auditUser } from '../audit/event.ts';
import { whenceOf } from '../mail/frame.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { type EndedAccess, endEarlierAccess } from '../recovery/end-access.ts';
import { revokeOtherSessions } from '../sessions/store.ts';
import type { UserRow } from '../users/store.ts';

/** What a user lets end who knows the former password. */
interface OwnChoice {
  /** The session that makes the change, which stays. */
  readonly sessionId: string;
  readonly otherSessions: boolean;
  readonly apiKeys: boolean;
}

interface PasswordChange {
  readonly userId: string;
  /** Uses up what proves the address; answers whether the address was never proven before. */
  readonly prove?: (tx: Tx) => Promise<boolean>;
  /** Gives the user, whose row it takes first, another password; throws where that cannot be. */
  readonly change: (tx: Tx) => Promise<UserRow>;
  /** A reset ends all earlier access; a change by the user what they choose. */
  readonly ends: 'earlier access' | OwnChoice;
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
  /** How many API keys ended with it. */
  readonly revokedApiKeys: number;
}

/**
 * Gives a user another password. What they could do with links and challenges ends with it, they are
 * told by mail, and it is audited: all of it or nothing.
 */
export async function applyPassword(ctx: Context, spec: PasswordChange): Promise<PasswordChanged> {
  const ended = await change(ctx, (writes) => applyPasswordIn(ctx, writes, spec));
  const { user, sessions, apiKeys } = ended;
  return { user, revokedSessions: sessions, revokedApiKeys: apiKeys };
}

/** The same within another change. */
export async function applyPasswordIn(
  ctx: Context,
  writes: Change,
  spec: PasswordChange,
): Promise<EndedAccess> {
  const { tx, audit, mail } = writes;
  const { userId, action, bySelf } = spec;
  const isFirstProof = (await spec.prove?.(tx)) ?? false;
  const user = await spec.change(tx);
  const ended = await endAccess(ctx, writes, spec, user, isFirstProof);
  await mail({ kind: spec.mail, to: user, data: whenceOf(ctx) });
  audit({
    action,
    target: { type: 'user', id: userId },
    ...(bySelf && { actor: auditUser(user) }),
    details: { count: ended.sessions },
  });
  return ended;
}

/**
 * A reset leaves a second factor on (ASVS 6.4.3), unless the address was never proven before: then an
 * attacker who registered with the address of another person may have set it up.
 */
async function endAccess(
  ctx: Context,
  writes: Change,
  { ends, bySelf }: PasswordChange,
  user: UserRow,
  isFirstProof: boolean,
): Promise<EndedAccess> {
  if (ends === 'earlier access') {
    const byOwner = bySelf === true;
    return endEarlierAccess(ctx, writes, { user, byOwner, endsSecondFactor: isFirstProof });
  }
  const { tx } = writes;
  const { id: userId } = user;
  const now = ctx.clock.now();
  await deleteOneTimeTokens(tx, userId);
  const others = { userId, keepId: ends.sessionId, now };
  const sessions = ends.otherSessions ? await revokeOtherSessions(tx, others) : [];
  const apiKeys = ends.apiKeys ? await revokeAllApiKeys(tx, { userId, now }) : 0;
  writes.publish({ kind: 'user', userId });
  writes.ended(sessions);
  return { user, sessions: sessions.length, apiKeys };
}
