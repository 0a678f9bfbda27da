import type { PageRequest } from '../core/page.ts';
import { Prisma } from './generated/sqlite/client.ts';

/**
 * How a query of a list by a time, the newest first, goes on after its conditions: from the cursor on,
 * one more than the limit.
 * @param column comes from the code alone; the id decides between items of one moment
 */
export function newestFirst(
  column: string,
  { direction, key, limit }: PageRequest<readonly [number, string]>,
): Prisma.Sql {
  const time = Prisma.raw(`"${column}"`);
  const [sign, order] =
    direction === 'forward' ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const from =
    key === undefined
      ? Prisma.empty
      : Prisma.sql`AND (${time}, "id") ${sign} (${new Date(key[0])}, ${key[1]})`;
  return Prisma.sql`${from} ORDER BY ${time} ${order}, "id" ${order} LIMIT ${limit + 1}`;
}
