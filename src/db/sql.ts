import { Prisma } from './generated/sqlite/client.ts';

// A store uses Prisma's client. It uses SQL in three cases only:
// - The statement decides a race: it locks rows, upserts with a condition, or writes if other rows allow it.
// - The path is hot and measured (`db.read`, `db.readList`, `db.write`, `insertRows`): the client costs
//   several times what the database does.
// - The client cannot say it in one statement, or not so that an index applies: a join, an order by an
//   expression, a partial index.
// SQL that differs between the databases takes the difference from `db.engine`.

/**
 * What raw SQL answers differs between the databases where a value is computed: a plain column of a
 * table comes back as its own type on both (also from RETURNING), while `coalesce("a", …)`, `max("a")`
 * or `"a" < …` are numbers on SQLite and dates or booleans on PostgreSQL, and counts are bigint there.
 */
type RawDate = Date | number | bigint | string;

/** A DateTime out of a raw row. */
export function readDate(value: RawDate): Date;
export function readDate(value: RawDate | null): Date | null;
export function readDate(value: RawDate | null): Date | null {
  if (value === null || value instanceof Date) return value;
  // PostgreSQL writes a bare parameter back without its zone; every stored time is UTC.
  if (typeof value === 'string' && !/(?:Z|[+-]\d\d:?\d\d)$/.test(value))
    return new Date(`${value}Z`);
  return new Date(typeof value === 'bigint' ? Number(value) : value);
}

/** A boolean out of a raw row. */
export function readBoolean(value: boolean | number | bigint): boolean {
  return typeof value === 'boolean' ? value : Number(value) !== 0;
}

/** A count or sum out of a raw row. */
export function readNumber(value: number | bigint): number {
  return Number(value);
}

/**
 * A statement that inserts a row; its keys are the names of columns and come from the code alone.
 * @param from a FROM clause: the row is inserted once for each row of that, not at all where it has none
 */
export function insertInto(table: string, row: object, from?: Prisma.Sql): Prisma.Sql {
  const columns = Object.keys(row).map((name) => `"${name}"`);
  const values = Prisma.join(Object.values(row));
  return Prisma.sql`
    INSERT INTO ${Prisma.raw(`"${table}" (${columns.join(', ')})`)}
    ${from ? Prisma.sql`SELECT ${values} ${from}` : Prisma.sql`VALUES (${values})`}`;
}
