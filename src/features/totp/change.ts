import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import { whenceOf } from '../mail/frame.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
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
export function changeTotp(ctx: Context, spec: TotpChange): Promise<TotpChanged> {
  const { userId, keepId } = spec;
  const now = ctx.clock.now();
  return change(ctx, async ({ tx, audit, mail, ended, publish }) => {
    const user = await spec.change(tx);
    const revoked = await revokeOtherSessions(tx, { userId, ...(keepId && { keepId }), now });
    await deleteOneTimeTokens(tx, userId);
    await mail({ kind: spec.mail, to: user, data: whenceOf(ctx) });
    const target = { type: 'user', id: userId };
    audit({ action: spec.action, target, details: { count: revoked.length } });
    publish({ kind: 'user', userId });
    ended(revoked);
    return { user, revokedSessions: revoked.length };
  });
}
