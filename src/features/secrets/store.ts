import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import type { EncryptedColumn } from './encrypted-columns.ts';

export interface SealedSecret {
  readonly id: string;
  readonly sealed: string;
}

/** Secrets that another key sealed than the one whose seals begin with `prefix`, in order of id. */
export function listOtherwiseSealed(
  db: Database,
  at: EncryptedColumn,
  {
    prefix,
    after,
    take,
  }: { readonly prefix: string; readonly after: string; readonly take: number },
): Promise<SealedSecret[]> {
  const { table, id, column } = names(at);
  return db.read<SealedSecret>(Prisma.sql`
    SELECT ${id} AS "id", ${column} AS "sealed" FROM ${table}
    WHERE ${isOtherwiseSealed(at, prefix)} AND ${id} > ${after} ORDER BY ${id} LIMIT ${take}`);
}

export async function countOtherwiseSealed(
  db: Database,
  at: EncryptedColumn,
  prefix: string,
): Promise<number> {
  const { table } = names(at);
  const [row] = await db.read<{ n: number | bigint }>(Prisma.sql`
    SELECT count(*) AS "n" FROM ${table} WHERE ${isOtherwiseSealed(at, prefix)}`);
  return readNumber(row?.n ?? 0);
}

/** Puts a secret sealed and hashed anew in place of the same one sealed otherwise; false where it changed meanwhile. */
export async function updateSealed(
  db: Database,
  at: EncryptedColumn,
  secret: SealedSecret & { readonly anew: string; readonly hash: string | undefined },
): Promise<boolean> {
  const { table, id, column } = names(at);
  const hash = at.hash
    ? Prisma.sql`, ${Prisma.raw(`"${at.hash.column}"`)} = ${secret.hash}`
    : Prisma.empty;
  const rows = await db.write(Prisma.sql`
    UPDATE ${table} SET ${column} = ${secret.anew} ${hash}
    WHERE ${id} = ${secret.id} AND ${column} = ${secret.sealed} RETURNING ${id}`);
  return rows.length === 1;
}

function isOtherwiseSealed(at: EncryptedColumn, prefix: string): Prisma.Sql {
  const { id, column } = names(at);
  const isHere = at.onlyId === undefined ? Prisma.empty : Prisma.sql`${id} = ${at.onlyId} AND`;
  return Prisma.sql`${isHere} ${column} <> '' AND substr(${column}, 1, ${Prisma.raw(String(prefix.length))}) <> ${prefix}`;
}

/** Names come from the code alone. */
function names({ table, id, column }: EncryptedColumn) {
  return {
    table: Prisma.raw(`"${table}"`),
    id: Prisma.raw(`"${id}"`),
    column: Prisma.raw(`"${column}"`),
  };
}
