import { skeletonOf } from '../../adapters/confusables.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { normalized, oneSpace, withoutHidden } from '../../core/text.ts';
import { listAdmins } from './store.ts';

/**
 * What a name looks like at a glance, whatever its letter case: names with one look are taken for one another.
 * Beside the skeleton of UTS 39, in which I and l are one: so i is one with them, as ADMIN is with admin.
 */
export function lookOf(name: string): string {
  const plain = oneSpace(normalized(withoutHidden(name)));
  // In both cases: В looks like B and в like nothing, while m looks like rn and M like nothing.
  const look = skeletonOf(skeletonOf(plain).toLowerCase());
  // A dot above an i is not seen.
  return look.replaceAll('i', 'l').replace(/(?<=[jl])\u0307+/gu, '');
}

/**
 * Refuses a name that can be taken for the one of a system administrator. Only who makes administrators may
 * give it; `ownId` is the account that is to have it, if there is one.
 * @throws USERNAME_TAKEN
 */
export async function refuseLookalike(
  tx: Tx,
  username: string | undefined,
  ownId?: string,
): Promise<void> {
  if (username === undefined) return;
  const look = lookOf(username);
  const admins = await listAdmins(tx);
  const isTaken = admins.some(({ id, username: name }) => id !== ownId && lookOf(name) === look);
  if (isTaken) throw new AppError('USERNAME_TAKEN');
}
