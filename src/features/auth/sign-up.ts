import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { type AuthPayload, signIn } from '../sessions/sign-in.ts';
import { signInPlaces } from '../throttles/rules.ts';
import { refuseLookalike } from '../users/lookalike.ts';
import { insertAccountIn, type NewAccount, type Place, type UserRow } from '../users/store.ts';

/** What goes with a new account or not at all. */
interface Alongside {
  /** Answers the place in a tenant that it gets; throws where there is to be no account after all. */
  readonly before?: (tx: Tx) => Promise<Place | undefined>;
  readonly after?: (tx: Tx, made: UserRow) => Promise<void>;
}

/**
 * Makes an account for whoever asks, writes it down, and signs it in.
 * @throws USERNAME_TAKEN, EMAIL_TAKEN
 */
export async function signUp(
  ctx: Context,
  account: NewAccount,
  { before, after }: Alongside = {},
): Promise<AuthPayload> {
  const user = await transaction(ctx.db, async (tx) => {
    const joins = await before?.(tx);
    await refuseLookalike(tx, account.username);
    const made = await insertAccountIn(tx, { ...account, joins });
    const { referrerId: userId } = account;
    const event = auditEvent(ctx, {
      action: 'auth.registered',
      actor: auditUser(made),
      target: { type: 'user', id: made.id },
      details: { ...(userId !== undefined && { userId }) },
    });
    await insertAuditEvent(ctx.db, tx, event);
    await after?.(tx, made);
    return made;
  });
  await ctx.throttles.trust(signInPlaces(ctx, user));
  return signIn(ctx, user);
}
