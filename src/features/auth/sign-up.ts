import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { auditUser } from '../audit/event.ts';
import { type AuthPayload, signIn } from '../sign-in/begin-session.ts';
import { signInPlaces } from '../throttles/rules.ts';
import { refuseLookalike } from '../users/lookalike.ts';
import { insertAccountIn, type NewAccount, type Place, type UserRow } from '../users/store.ts';

/** What goes with a new account or not at all. */
interface Alongside {
  /** Answers the place in a tenant that it gets; throws where there is to be no account after all. */
  readonly before?: (writes: Change) => Promise<Place | undefined>;
  readonly after?: (writes: Change, made: UserRow) => void;
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
  const user = await change(ctx, async (writes) => {
    const { tx, audit } = writes;
    const joins = await before?.(writes);
    await refuseLookalike(tx, account.username);
    const made = await insertAccountIn(tx, { ...account, joins });
    const { referrerId: userId } = account;
    audit({
      action: 'auth.registered',
      actor: auditUser(made),
      target: { type: 'user', id: made.id },
      details: { ...(userId !== undefined && { userId }) },
    });
    after?.(writes, made);
    return made;
  });
  await ctx.throttles.trust(signInPlaces(ctx, user));
  return signIn(ctx, user);
}
