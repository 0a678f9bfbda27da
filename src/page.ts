import { z } from 'zod';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;

const size = z.int().min(1).max(MAX_PAGE).nullish();
const cursor = z.string().max(2048).nullish();

/** The arguments of a Relay connection (GraphQL Cursor Connections, section 4). */
export const pageInput = z
  .object({
    first: size.describe(
      `How many items after the cursor, 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} unless told.`,
    ),
    after: cursor.describe('Start after the item with this cursor.'),
    last: size.describe(`How many items before the cursor, 1 to ${MAX_PAGE}.`),
    before: cursor.describe('End before the item with this cursor.'),
  })
  .refine((page) => !(page.first != null && page.last != null), {
    message: 'ask for `first` or for `last`, not for both',
    path: ['last'],
  })
  .refine((page) => !(page.after != null && page.before != null), {
    message: 'ask `after` or `before` a cursor, not both',
    path: ['before'],
  });

/** A slice of an ordered list: walk `direction` from the cursor's key. */
export interface PageRequest {
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
  readonly key: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Reads connection arguments. A page with `before` or `last` is walked from its end. */
export function toPageRequest(input: z.output<typeof pageInput>): PageRequest {
  const direction = input.last != null || input.before != null ? 'backward' : 'forward';
  const text = input.after ?? input.before;
  return {
    direction,
    limit: input.first ?? input.last ?? DEFAULT_PAGE,
    key: text == null ? undefined : decodeCursor(text),
  };
}

/** Makes a page of rows that were read in walking order with one more than the limit. */
export function toPage<T>(request: PageRequest, rows: readonly T[]): Page<T> {
  const more = rows.length > request.limit;
  const items = rows.slice(0, request.limit);
  const continued = request.key !== undefined;
  return request.direction === 'forward'
    ? { items, hasNextPage: more, hasPreviousPage: continued }
    : { items: items.reverse(), hasNextPage: continued, hasPreviousPage: more };
}

/** A cursor is the key of its item: stable however many rows come and go around it. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeCursor(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}
