import type { Tx } from './database.ts';
import { Prisma } from './generated/sqlite/client.ts';

/** What a column of a row may hold. */
type Cell = string | number | boolean | Date | null;

/**
 * Writes rows of one shape in one statement, and answers them as they are now. The client's `createMany`
 * does the same at several times the work: it compiles every value.
 */
export async function insertRows<Row>(
  tx: Tx,
  table: Prisma.ModelName,
  rows: readonly Readonly<Record<string, Cell>>[],
): Promise<readonly Row[]> {
  const [first] = rows;
  if (!first) return [];
  const columns = Object.keys(first);
  const names = Prisma.raw(columns.map((column) => `"${column}"`).join(', '));
  const values = rows.map((row) => Prisma.sql`(${Prisma.join(columns.map((name) => row[name]))})`);
  return tx.$queryRaw<Row[]>`
    INSERT INTO ${Prisma.raw(`"${table}"`)} (${names}) VALUES ${Prisma.join(values)} RETURNING *`;
}
