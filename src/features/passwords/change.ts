import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { revokeAllApiKeys } from '../api-keys/store.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { whenceOf } from '../mail/frame.ts';
import { queueMail } from '../mail/queue.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { type EndedAccess, endEarlierAccess, tellEndedAccess } from '../recovery/end-access.ts';
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
  const ended = await transaction(ctx.db, (tx) => applyPasswordIn(ctx, tx, spec));
  tellEndedAccess(ctx, ended);
  const { user, sessions, apiKeys } = ended;
  return { user, revokedSessions: sessions.length, revokedApiKeys: apiKeys };
}

/** The same within the transaction of something else, which calls `tellEndedAccess` after the commit. */
export async function applyPasswordIn(
  ctx: Context,
  tx: Tx,
  spec: PasswordChange,
): Promise<EndedAccess> {
  const { userId, action, bySelf } = spec;
  const isFirstProof = (await spec.prove?.(tx)) ?? false;
  const user = await spec.change(tx);
  const ended = await endAccess(ctx, tx, spec, user, isFirstProof);
  await queueMail(ctx, tx, { kind: spec.mail, to: user, data: whenceOf(ctx) });
  const event = auditEvent(ctx, {
    action,
    target: { type: 'user', id: userId },
    ...(bySelf && { actor: auditUser(user) }),
    details: { count: ended.sessions.length },
  });
  await insertAuditEvent(ctx.db, tx, event);
  return ended;
}

/**
 * A reset leaves a second factor on (ASVS 6.4.3), unless the address was never proven before: then an
 * attacker who registered with the address of another person may have set it up.
 */
async function endAccess(
  ctx: Context,
  tx: Tx,
  { ends, bySelf }: PasswordChange,
  user: UserRow,
  isFirstProof: boolean,
): Promise<EndedAccess> {
  if (ends === 'earlier access') {
    const byOwner = bySelf === true;
    return endEarlierAccess(ctx, tx, { user, byOwner, endsSecondFactor: isFirstProof });
  }
  const { id: userId } = user;
  const now = ctx.clock.now();
  await deleteOneTimeTokens(tx, userId);
  const others = { userId, keepId: ends.sessionId, now };
  const sessions = ends.otherSessions ? await revokeOtherSessions(tx, others) : [];
  const apiKeys = ends.apiKeys ? await revokeAllApiKeys(tx, { userId, now }) : 0;
  return { user, sessions, apiKeys };
}
