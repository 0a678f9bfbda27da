import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import type { AuditAction } from '../audit/actions.ts';
import { auditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { whenceOf } from '../mail/frame.ts';
import { queueMail } from '../mail/queue.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { tellEnded } from '../sessions/operations.ts';
import { revokeOtherSessions } from '../sessions/store.ts';
import type { UserRow } from '../users/store.ts';

interface TotpChange {
  readonly userId: string;
  /** Changes the user, whose row it takes first; throws where there is nothing to change. */
  readonly change: (tx: Tx) => Promise<UserRow>;
  /** The session of the user that stays. */
  readonly keepId?: string;
  readonly action: Extract<AuditAction, 'totp.enabled' | 'totp.disabled' | 'totp.reset'>;
  readonly mail: 'totpEnabled' | 'totpDisabled' | 'totpReset';
}

/** What a change of the second factor answers. */
export interface TotpChanged {
  readonly user: UserRow;
  /** How many sessions ended with it. */
  readonly revokedSessions: number;
}

/**
 * Changes whether a user has a second factor. Their other sessions and what they could do with links and
 * challenges end with it, they are told by mail, and it is audited: all of it or nothing.
 */
export async function changeTotp(ctx: Context, spec: TotpChange): Promise<TotpChanged> {
  const { userId, keepId } = spec;
  const now = ctx.clock.now();
  const { user, ended } = await transaction(ctx.db, async (tx) => {
    const user = await spec.change(tx);
    const ended = await revokeOtherSessions(tx, { userId, ...(keepId && { keepId }), now });
    await deleteOneTimeTokens(tx, userId);
    await queueMail(ctx, tx, { kind: spec.mail, to: user, data: whenceOf(ctx) });
    const event = auditEvent(ctx, {
      action: spec.action,
      target: { type: 'user', id: userId },
      details: { count: ended.length },
    });
    await insertAuditEvent(ctx.db, tx, event);
    return { user, ended };
  });
  ctx.changes.publish({ kind: 'user', userId });
  tellEnded(ctx, ended);
  ctx.mail.wake();
  return { user, revokedSessions: ended.length };
}
