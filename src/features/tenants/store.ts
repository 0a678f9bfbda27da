import type { Given } from '../../access/giving.ts';
import type { TenantRole } from '../../core/roles.ts';
import type { Database, Tx } from '../../db/database.ts';
import { Prisma, type Tenant } from '../../db/generated/sqlite/client.ts';
import { AppError } from '../../core/errors.ts';
import type { PageRequest } from '../../core/page.ts';
import type { UserRow } from '../users/store.ts';

export type TenantRow = Tenant;

/** The membership of a user in a tenant. */
export interface TenantMember {
  readonly user: UserRow;
  readonly role: TenantRole;
  readonly joinedAt: Date;
}

export async function findTenant(db: Database, id: string): Promise<TenantRow | undefined> {
  const [found] = await db.read<TenantRow>(Prisma.sql`SELECT * FROM "Tenant" WHERE "id" = ${id}`);
  return found;
}

/** Names a tenant anew; undefined where there is none. */
export async function updateTenantName(
  tx: Tx,
  { id, name, now }: { id: string; name: string; now: Date },
): Promise<TenantRow | undefined> {
  const data = { name, updatedAt: now };
  const [updated] = await tx.tenant.updateManyAndReturn({ where: { id }, data });
  return updated;
}

/** The members of a tenant in the order they joined, one more than the limit. */
export async function listTenantMembers(
  db: Database,
  tenantId: string,
  { direction, key, limit }: PageRequest<readonly [number, string]>,
): Promise<TenantMember[]> {
  const [sign, order] =
    direction === 'forward' ? [Prisma.sql`>`, Prisma.sql`ASC`] : [Prisma.sql`<`, Prisma.sql`DESC`];
  const from =
    key === undefined
      ? Prisma.empty
      : Prisma.sql`AND (m."createdAt", m."userId") ${sign} (${new Date(key[0])}, ${key[1]})`;
  const rows = await db.read<UserRow & { memberRole: TenantRole; joinedAt: Date }>(Prisma.sql`
    SELECT "User".*, m."role" AS "memberRole", m."createdAt" AS "joinedAt"
    FROM "TenantMembership" AS m JOIN "User" ON "User"."id" = m."userId"
    WHERE m."tenantId" = ${tenantId} ${from}
    ORDER BY m."createdAt" ${order}, m."userId" ${order} LIMIT ${limit + 1}`);
  return rows.map(({ memberRole, joinedAt, ...user }) => ({ user, role: memberRole, joinedAt }));
}

export async function countTenantMembers(db: Database, tenantId: string): Promise<number> {
  const [row] = await db.read<{ count: number }>(
    Prisma.sql`SELECT count(*) AS "count" FROM "TenantMembership" WHERE "tenantId" = ${tenantId}`,
  );
  return row?.count ?? 0;
}

/** The membership of a user in a tenant; undefined if the user is not a member. */
export async function findTenantMember(
  tx: Tx,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<TenantMember | undefined> {
  const found = await tx.tenantMembership.findUnique({
    where: { tenantId_userId: { tenantId, userId } },
    include: { user: true },
  });
  return found ? { user: found.user, role: found.role, joinedAt: found.createdAt } : undefined;
}

/** The tenants of each of some users, the earliest joined first. */
export async function listTenantsOfUsers(
  db: Database,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TenantRow[]>> {
  const rows = await db.prisma.$queryRaw<(TenantRow & { userId: string })[]>`
    SELECT "userId", "Tenant".* FROM "TenantMembership" JOIN "Tenant" ON "Tenant"."id" = "tenantId"
    WHERE "userId" IN (${Prisma.join([...userIds])})
    ORDER BY "TenantMembership"."createdAt", "tenantId"`;
  const found = new Map<string, TenantRow[]>();
  for (const { userId, ...tenant } of rows) {
    const tenants = found.get(userId) ?? [];
    found.set(userId, tenants);
    tenants.push(tenant);
  }
  return found;
}

/**
 * Takes tenants for this transaction alone until it ends, in the one order that everybody takes them
 * in; answers those that are there. Whoever changes who is in a tenant or in its projects takes it
 * first: what they read of it afterwards stays true, and nobody joins or leaves meanwhile.
 */
export async function lockTenants(
  db: Database,
  tx: Tx,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "Tenant" WHERE "id" IN (${Prisma.join([...ids])}) ORDER BY "id" ${db.engine.lock}`;
  return rows.map(({ id }) => id);
}

/**
 * The same for one tenant.
 * @throws TENANT_NOT_FOUND
 */
export async function takeTenant(db: Database, tx: Tx, id: string): Promise<void> {
  if ((await lockTenants(db, tx, [id])).length === 0) throw new AppError('TENANT_NOT_FOUND');
}

/** The same for a user: until the transaction ends, the user joins no tenant, and no other transaction deletes them. */
export async function lockUser(db: Database, tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT "id" FROM "User" WHERE "id" = ${id} ${db.engine.lock}`;
}

/** The tenants that a user is in, the earliest joined first. */
export async function listTenantIds(tx: Tx, userId: string): Promise<readonly string[]> {
  const rows = await tx.tenantMembership.findMany({
    where: { userId },
    orderBy: [{ createdAt: 'asc' }, { tenantId: 'asc' }],
    select: { tenantId: true },
  });
  return rows.map(({ tenantId }) => tenantId);
}

/** The role of a user in a tenant; undefined if the user is not a member. */
export async function findTenantRole(
  tx: Tx,
  tenantId: string,
  userId: string,
): Promise<TenantRole | undefined> {
  const where = { tenantId_userId: { tenantId, userId } };
  return (await tx.tenantMembership.findUnique({ where, select: { role: true } }))?.role;
}

export interface Heir {
  readonly userId: string;
  readonly role: TenantRole;
}

/**
 * Who comes after somebody in a tenant: of the highest role that is left, whoever has been in it
 * longest; undefined where nobody is left.
 */
export async function findHeir(
  tx: Tx,
  tenantId: string,
  leaverId: string,
): Promise<Heir | undefined> {
  const [heir] = await tx.$queryRaw<Heir[]>`
    SELECT "userId", "role" FROM "TenantMembership"
    WHERE "tenantId" = ${tenantId} AND "userId" <> ${leaverId}
    ORDER BY CASE "role" WHEN 'OWNER' THEN 0 WHEN 'ADMIN' THEN 1 ELSE 2 END, "createdAt", "userId"
    LIMIT 1`;
  return heir;
}

/** Changes the role of a member of a tenant. Returns false if the user is not a member. */
export async function updateTenantRole(
  tx: Tx,
  { tenantId, userId, role }: { tenantId: string; userId: string; role: Given<TenantRole> },
): Promise<boolean> {
  const where = { tenantId, userId };
  return (await tx.tenantMembership.updateMany({ where, data: { role } })).count === 1;
}

/** Deletes a tenant with its projects and everything else that is in it. */
export async function deleteTenant(tx: Tx, id: string): Promise<void> {
  await tx.tenant.deleteMany({ where: { id } });
}

interface Passing {
  readonly tenantId: string;
  readonly from: string;
  readonly to: string;
  readonly role: Given<'OWNER'>;
  readonly now: Date;
}

/** Makes the heir the owner of every project that the leaver owns in a tenant; says how many. */
export async function passProjects(
  tx: Tx,
  { tenantId, from, to, role, now }: Passing,
): Promise<number> {
  // A project never has two owners, not for the length of a statement either.
  const count = await tx.$executeRaw`
    DELETE FROM "ProjectMembership" WHERE "userId" = ${from} AND "role" = 'OWNER'
      AND "projectId" IN (SELECT "id" FROM "Project" WHERE "tenantId" = ${tenantId})`;
  if (count === 0) return 0;
  await tx.$executeRaw`
    INSERT INTO "ProjectMembership" ("projectId", "userId", "role", "createdAt")
    SELECT "id", ${to}, ${role}, ${now} FROM "Project"
    WHERE "tenantId" = ${tenantId} AND NOT EXISTS (
      SELECT 1 FROM "ProjectMembership" WHERE "projectId" = "Project"."id" AND "role" = 'OWNER'
    )
    ON CONFLICT ("projectId", "userId") DO UPDATE SET "role" = excluded."role"`;
  return count;
}

/** Removes a user from a tenant and from all of its projects. */
export async function deleteMemberships(
  tx: Tx,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM "ProjectMembership" WHERE "userId" = ${userId}
      AND "projectId" IN (SELECT "id" FROM "Project" WHERE "tenantId" = ${tenantId})`;
  await tx.$executeRaw`
    DELETE FROM "TenantMembership" WHERE "tenantId" = ${tenantId} AND "userId" = ${userId}`;
}

/**
 * Where somebody's default project is none of theirs any more, makes it the one they have been in
 * longest, or none.
 */
export async function replaceDefaultProject(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "User" SET "defaultProjectId" = (
      SELECT "projectId" FROM "ProjectMembership" WHERE "userId" = ${userId}
      ORDER BY "createdAt", "projectId" LIMIT 1
    )
    WHERE "id" = ${userId} AND "defaultProjectId" IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM "ProjectMembership"
      WHERE "userId" = ${userId} AND "projectId" = "defaultProjectId"
    )`;
}
