import type { SystemRole } from '../../core/roles.ts';
import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import type { Engine } from '../../db/engines/engine.ts';
import type { PageRequest } from '../../core/page.ts';
import type { UserKey, UserOrder } from './order.ts';
import { earlierKey, foldName } from './rules.ts';
import { type ShownUser, SHOWN } from './store.ts';

/** What a list of users is narrowed to; every condition that is there has to hold. */
export interface UserFilter {
  /** Part of a username, an e-mail address or a display name. */
  readonly search?: string | null | undefined;
  readonly systemRole?: SystemRole | null | undefined;
  readonly disabled?: boolean | null | undefined;
  /** Whether the e-mail address is proven. */
  readonly verified?: boolean | null | undefined;
  readonly tenantId?: string | null | undefined;
}

/** More than any table holds. */
const EVERYTHING = 2 ** 31 - 1;

export interface UserList {
  readonly filter: UserFilter;
  readonly order: UserOrder;
  readonly page: PageRequest<UserKey>;
  /** What is read of each besides where they stand in the order; everything unless told. */
  readonly columns?: readonly (keyof ShownUser)[] | undefined;
}

/** A page of users, one more than the limit so that the caller sees whether there are more. */
export function listUsers(
  db: Database,
  { filter, order, page, columns: wanted }: UserList,
): Promise<ShownUser[]> {
  const columns = columnsOf(order, db.engine);
  const read = wanted && new Set([...wanted, ...PLACES[order.field]]);
  const ascending = (order.direction === 'ASC') === (page.direction === 'forward');
  const way = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const conditions = [...narrowing(filter), ...beyond(columns, ascending, page.key)];
  const by = Prisma.join(columns.map((column) => Prisma.sql`${column} ${way}`));
  return db.readList<ShownUser>(Prisma.sql`
    SELECT ${named(read)} FROM "User" ${where(conditions)} ORDER BY ${by} LIMIT ${page.limit + 1}`);
}

/** Users by name, so many from a place on; all that are left where no number is said. */
export function sliceUsers(
  db: Database,
  { skip, limit }: { readonly skip: number; readonly limit: number | undefined },
): Promise<ShownUser[]> {
  return db.readList<ShownUser>(Prisma.sql`
    SELECT ${named()} FROM "User" ORDER BY "handleKey" LIMIT ${limit ?? EVERYTHING} OFFSET ${skip}`);
}

/** How many users a filter leaves. */
export async function countUsers(db: Database, filter: UserFilter): Promise<number> {
  const [row] = await db.readShared<{ count: number }>(Prisma.sql`
    SELECT count(*) AS "count" FROM "User" ${where(narrowing(filter))}`);
  return row?.count ?? 0;
}

/** The columns that say where somebody stands. */
const PLACES: Readonly<Record<UserOrder['field'], readonly (keyof ShownUser)[]>> = {
  USERNAME: ['handleKey'],
  CREATED_AT: ['createdAt', 'id'],
  LAST_LOGIN_AT: ['lastLoginAt', 'id'],
};

/** Always in the same order: the same columns are the same statement. */
function named(columns?: ReadonlySet<keyof ShownUser>): Prisma.Sql {
  const read = columns ? SHOWN.filter((column) => columns.has(column)) : SHOWN;
  return Prisma.raw(read.map((column) => `"${column}"`).join(', '));
}

/** What an order sorts by: to the letter what its index is over, or every page would sort the table. */
function columnsOf({ field }: UserOrder, { epoch }: Engine): readonly Prisma.Sql[] {
  switch (field) {
    case 'USERNAME':
      return [Prisma.sql`"handleKey"`];
    case 'CREATED_AT':
      return [Prisma.sql`"createdAt"`, Prisma.sql`"id"`];
    case 'LAST_LOGIN_AT':
      return [Prisma.sql`coalesce("lastLoginAt", ${epoch})`, Prisma.sql`"id"`];
  }
}

function beyond(
  columns: readonly Prisma.Sql[],
  ascending: boolean,
  key: UserKey | undefined,
): readonly Prisma.Sql[] {
  if (key === undefined) return [];
  const sign = ascending ? Prisma.sql`>` : Prisma.sql`<`;
  const values = key.map((part) => (typeof part === 'number' ? new Date(part) : part));
  return [Prisma.sql`(${Prisma.join([...columns])}) ${sign} (${Prisma.join(values)})`];
}

// Roles and states stand in the text, not in parameters: only so do the partial indexes apply.
const OF_ROLE: Readonly<Record<SystemRole, Prisma.Sql>> = {
  ADMIN: Prisma.sql`"systemRole" = 'ADMIN'`,
  USER: Prisma.sql`"systemRole" = 'USER'`,
};

function narrowing(filter: UserFilter): readonly Prisma.Sql[] {
  const { search, systemRole, disabled, verified, tenantId } = filter;
  const conditions: Prisma.Sql[] = [];
  if (search) conditions.push(holding(search));
  if (systemRole != null) conditions.push(OF_ROLE[systemRole]);
  if (disabled != null) {
    conditions.push(disabled ? Prisma.sql`"disabled"` : Prisma.sql`NOT "disabled"`);
  }
  if (verified != null) {
    conditions.push(
      verified ? Prisma.sql`"emailVerifiedAt" IS NOT NULL` : Prisma.sql`"emailVerifiedAt" IS NULL`,
    );
  }
  if (tenantId != null) {
    conditions.push(Prisma.sql`
      "id" IN (SELECT "userId" FROM "TenantMembership" WHERE "tenantId" = ${tenantId})`);
  }
  return conditions;
}

/** Every key is folded when it is written, so that any database finds what any script typed. */
function holding(search: string): Prisma.Sql {
  // Rows of before may hold what shows nothing, and are found by it.
  const keys = new Set([foldName(search), earlierKey(search)]);
  const conditions = [...keys].map((key) => {
    const pattern = `%${key.replace(/[\\%_]/g, '\\$&')}%`;
    const like = Prisma.sql`LIKE ${pattern} ESCAPE '\\'`;
    return Prisma.sql`"usernameKey" ${like} OR "emailKey" ${like} OR "nameKey" ${like}`;
  });
  return Prisma.sql`(${Prisma.join(conditions, ' OR ')})`;
}

function where(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  if (conditions.length === 0) return Prisma.empty;
  return Prisma.sql`WHERE ${Prisma.join([...conditions], ' AND ')}`;
}
