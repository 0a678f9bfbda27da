import type { VerifiedToken } from '../adapters/tokens.ts';
import type { UserRow } from '../db/rows.ts';

/** What an account signs in by: the username, or the e-mail address where there is none. */
export function loginNameOf({ id, username, email }: UserRow): string {
  return username ?? email ?? id;
}

/** Whether a token is of that account, and of the name that the account has now where it names one. */
export function isHeldBy({ holder, name }: Pick<VerifiedToken, 'holder' | 'name'>, user: UserRow) {
  return holder === user.id && (name === undefined || name === loginNameOf(user));
}
