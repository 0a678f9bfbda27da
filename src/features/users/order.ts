import { z } from 'zod';
import { type ListOrder, textKey, timeKey } from '../../core/page.ts';
import type { ShownUser } from './store.ts';

export const USER_ORDER_FIELDS = ['USERNAME', 'CREATED_AT', 'LAST_LOGIN_AT'] as const;
type UserOrderField = (typeof USER_ORDER_FIELDS)[number];

export const ORDER_DIRECTIONS = ['ASC', 'DESC'] as const;

export interface UserOrder {
  readonly field: UserOrderField;
  readonly direction: (typeof ORDER_DIRECTIONS)[number];
}

/** Where a user stands: their name, or a time and, for those who share it, their id. */
export type UserKey = readonly [string] | readonly [number, string];

const nameKey = z.tuple([textKey]);
const timeAndId = z.tuple([timeKey, textKey]);

const KEYS = {
  USERNAME: { key: nameKey, keyOf: ({ handleKey }) => [handleKey] },
  CREATED_AT: { key: timeAndId, keyOf: ({ createdAt, id }) => [createdAt.getTime(), id] },
  // Who never signed in stands before everybody who did.
  LAST_LOGIN_AT: {
    key: timeAndId,
    keyOf: ({ lastLoginAt, id }) => [lastLoginAt?.getTime() ?? 0, id],
  },
} as const satisfies Record<UserOrderField, Omit<ListOrder<ShownUser, UserKey>, 'name'>>;

/** An order of the list of users, to read its cursors and to make them. */
export function userOrder({ field, direction }: UserOrder): ListOrder<ShownUser, UserKey> {
  return { name: `users by ${field} ${direction}`, ...KEYS[field] };
}
