import type { Change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { deleteOneTimeTokens } from '../one-time-tokens/store.ts';
import { clearUnprovenEmail } from './store.ts';

/**
 * Frees an address for the account that has just proven it: another account that only claims the address
 * loses it, with the links and codes that went there. An account without a username keeps it, because
 * nothing else names that account; its address can be recovered by a reset.
 */
export async function releaseEmail(
  ctx: Context,
  { tx, audit, publish }: Change,
  email: string,
): Promise<void> {
  const cleared = await clearUnprovenEmail(tx, { email, now: ctx.clock.now() });
  if (!cleared) return;
  await deleteOneTimeTokens(tx, cleared.id);
  audit({ action: 'email.released', target: { type: 'user', id: cleared.id } });
  publish({ kind: 'user', userId: cleared.id });
}
