import type { Change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { hasUsers } from '../users/store.ts';
import { takeAuthState, updateAuthState } from '../../authentication/auth-state-store.ts';

/**
 * Begins what makes an account for whoever calls while authentication is off, and says whether it is
 * the first of all.
 * @throws UNAUTHENTICATED where it was turned on since the request began
 */
export async function beginOpenAccount(ctx: Context, tx: Tx): Promise<boolean> {
  await requireStillOpen(ctx, tx);
  return !(await hasUsers(tx));
}

/**
 * Asks again, in the transaction of what is done, whether authentication is off.
 * @throws UNAUTHENTICATED
 */
export async function requireStillOpen(ctx: Context, tx: Tx): Promise<void> {
  const state = await takeAuthState(tx, ctx.clock.now());
  if (state === 'on') throw new AppError('UNAUTHENTICATED');
}

/** Turns authentication on, in a change that has taken its state and publishes `auth`. */
export async function turnOn(ctx: Pick<Context, 'clock'>, { tx, audit }: Change): Promise<void> {
  await updateAuthState(tx, 'on', ctx.clock.now());
  audit({ action: 'auth.enabled' });
}
