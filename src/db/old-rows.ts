import type { Database } from './database.ts';
import type { Engine } from './engines/engine.ts';
import { Prisma } from './generated/sqlite/client.ts';
import { readNumber } from './sql.ts';

/** Rows that are over. All names come from the code. */
export interface OldRows {
  readonly table: Prisma.ModelName;
  /** The columns of its key. @default id */
  readonly key?: readonly string[];
  readonly where: Prisma.Sql;
  /** A column with an index that the condition is about: the oldest go first. */
  readonly order: string;
}

/** A statement that deletes at most `limit` rows. On a server it leaves out what others have locked. */
export function deletingRows(
  { skipLocked }: Engine,
  { table, key: columns = ['id'], where, order }: OldRows,
  limit: number,
): Prisma.Sql {
  const key = Prisma.raw(columns.map((column) => `"${column}"`).join(', '));
  const from = Prisma.raw(`"${table}"`);
  return Prisma.sql`
    DELETE FROM ${from} WHERE (${key}) IN (
      SELECT ${key} FROM ${from} WHERE ${where}
      ORDER BY ${Prisma.raw(`"${order}"`)} LIMIT ${limit} ${skipLocked}
    )`;
}

/** Deletes at most `limit` rows and returns how many. */
export function deleteRows(
  { prisma, engine }: Database,
  rows: OldRows,
  limit: number,
): Promise<number> {
  return prisma.$executeRaw(deletingRows(engine, rows, limit));
}

/** How many rows there are. */
export async function countRows({ prisma }: Database, { table, where }: OldRows): Promise<number> {
  const [row] = await prisma.$queryRaw<{ n: number | bigint }[]>`
    SELECT count(*) AS "n" FROM ${Prisma.raw(`"${table}"`)} WHERE ${where}`;
  return readNumber(row?.n ?? 0);
}
