import { z } from 'zod';
import { AppError } from './errors.ts';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z');

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

/** A text of a cursor's key. No stored text holds a NUL, and PostgreSQL refuses to be asked for one. */
export const textKey = z
  .string()
  .max(1024)
  .regex(/^[^\0]*$/);

/** A time of a cursor's key, in milliseconds. */
export const timeKey = z.int().min(0).max(LAST_MOMENT);

/** An order that a list is read in. Its keys are total: no two items have the same. */
export interface ListOrder<T, K extends readonly (string | number)[]> {
  /** Marks its cursors: every other list and order refuses them. */
  readonly name: string;
  readonly key: z.ZodType<K>;
  readonly keyOf: (item: T) => K;
}

/** A slice of an ordered list: walk `direction` from the cursor's key. */
export interface PageRequest<K> {
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
  readonly key: K | undefined;
}

/** Items in order, each with its cursor: its key, stable however many come and go around it. */
export interface Page<T> {
  readonly edges: readonly { readonly node: T; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * Reads connection arguments. A page with `before` or `last` is walked from its end.
 * @throws BAD_USER_INPUT where the cursor is not one of this list in this order
 */
export function toPageRequest<T, K extends readonly (string | number)[]>(
  order: ListOrder<T, K>,
  { first, after, last, before }: z.output<typeof pageInput>,
): PageRequest<K> {
  return {
    direction: last != null || before != null ? 'backward' : 'forward',
    limit: first ?? last ?? DEFAULT_PAGE,
    key: readCursor(order, 'after', after) ?? readCursor(order, 'before', before),
  };
}

/** Makes a page of rows that were read in walking order with one more than the limit. */
export function toPage<T, K extends readonly (string | number)[]>(
  order: ListOrder<T, K>,
  request: PageRequest<K>,
  rows: readonly T[],
): Page<T> {
  const more = rows.length > request.limit;
  const edges = rows.slice(0, request.limit).map((node) => ({
    node,
    // Made where it is asked for, which of most it never is.
    get cursor() {
      return encode([order.name, ...order.keyOf(node)]);
    },
  }));
  const continued = request.key !== undefined;
  return request.direction === 'forward'
    ? { edges, hasNextPage: more, hasPreviousPage: continued }
    : { edges: edges.reverse(), hasNextPage: continued, hasPreviousPage: more };
}

function readCursor<T, K extends readonly (string | number)[]>(
  order: ListOrder<T, K>,
  argument: 'after' | 'before',
  text: string | null | undefined,
): K | undefined {
  if (text == null) return undefined;
  const [name, ...key] = decode(text);
  const read = order.key.safeParse(key);
  if (name === order.name && read.success) return read.data;
  const message = 'is not a cursor of this list in this order';
  throw new AppError('BAD_USER_INPUT', { issues: [{ path: [argument], message }] });
}

function encode(content: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decode(text: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
