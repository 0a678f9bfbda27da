import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import type { PageRequest } from '../../core/page.ts';
import { type ProjectMemberRow, type ProjectRow, selectProjects } from './store.ts';

/** Where an item stands in a list by time: milliseconds, and its id among those of one moment. */
export type TimeAndId = readonly [number, string];

/** A project as one of somebody's. */
export interface OwnProjectRow extends ProjectRow {
  readonly joinedAt: Date;
}

/** What of somebody's projects is asked for. */
export interface OwnProjects {
  readonly userId: string;
  readonly tenantId: string | undefined;
}

/** The projects that somebody is a member of, the earliest joined first. */
export function listProjectsOfUser(
  db: Database,
  { userId, tenantId }: OwnProjects,
  page: PageRequest<TimeAndId>,
): Promise<OwnProjectRow[]> {
  const inTenant =
    tenantId === undefined ? Prisma.empty : Prisma.sql`AND "Project"."tenantId" = ${tenantId}`;
  return selectProjects(db.prisma, {
    extra: Prisma.sql`, own."createdAt" AS "joinedAt"`,
    from: Prisma.sql`"ProjectMembership" own JOIN "Project" ON "Project"."id" = own."projectId"`,
    rest: Prisma.sql`WHERE own."userId" = ${userId} ${inTenant}
      ${slice(page, Prisma.sql`own."createdAt"`, Prisma.sql`own."projectId"`)}`,
  });
}

export async function countProjectsOfUser(
  db: Database,
  { userId, tenantId }: OwnProjects,
): Promise<number> {
  const inTenant =
    tenantId === undefined
      ? Prisma.empty
      : Prisma.sql`JOIN "Project" ON "Project"."id" = "projectId" AND "tenantId" = ${tenantId}`;
  const [row] = await db.prisma.$queryRaw<{ count: number | bigint }[]>`
    SELECT count(*) AS "count" FROM "ProjectMembership" ${inTenant} WHERE "userId" = ${userId}`;
  return readNumber(row?.count ?? 0);
}

/** The projects of each of some users, the earliest joined first. */
export async function listProjectsOfUsers(
  db: Database,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ProjectRow[]>> {
  const rows = await selectProjects<{ memberId: string }>(db.prisma, {
    extra: Prisma.sql`, own."userId" AS "memberId"`,
    from: Prisma.sql`"ProjectMembership" own JOIN "Project" ON "Project"."id" = own."projectId"`,
    rest: Prisma.sql`WHERE own."userId" IN (${Prisma.join([...userIds])})
      ORDER BY own."createdAt", own."projectId"`,
  });
  const found = new Map<string, ProjectRow[]>();
  for (const { memberId, ...project } of rows) {
    const projects = found.get(memberId) ?? [];
    found.set(memberId, projects);
    projects.push(project);
  }
  return found;
}

/** The projects of a tenant, the oldest first. */
export function listProjectsOfTenant(
  db: Database,
  tenantId: string,
  page: PageRequest<TimeAndId>,
): Promise<ProjectRow[]> {
  return selectProjects(db.prisma, {
    from: Prisma.sql`"Project"`,
    rest: Prisma.sql`WHERE "Project"."tenantId" = ${tenantId}
      ${slice(page, Prisma.sql`"Project"."createdAt"`, Prisma.sql`"Project"."id"`)}`,
  });
}

export function countProjectsOfTenant(db: Database, tenantId: string): Promise<number> {
  return db.prisma.project.count({ where: { tenantId } });
}

/** The members of a project, the earliest joined first. */
export function listProjectMembers(
  db: Database,
  projectId: string,
  page: PageRequest<TimeAndId>,
): Promise<ProjectMemberRow[]> {
  return db.prisma.$queryRaw<ProjectMemberRow[]>`
    SELECT place."userId", "User"."username", "User"."name", place."role",
      place."createdAt" AS "joinedAt"
    FROM "ProjectMembership" place JOIN "User" ON "User"."id" = place."userId"
    WHERE place."projectId" = ${projectId}
    ${slice(page, Prisma.sql`place."createdAt"`, Prisma.sql`place."userId"`)}`;
}

export function countProjectMembers(db: Database, projectId: string): Promise<number> {
  return db.prisma.projectMembership.count({ where: { projectId } });
}

/** One more than the limit of a list by time, in walking order, from where its cursor stands. */
function slice(
  { direction, key, limit }: PageRequest<TimeAndId>,
  time: Prisma.Sql,
  id: Prisma.Sql,
): Prisma.Sql {
  const [sign, order] =
    direction === 'forward' ? [Prisma.sql`>`, Prisma.sql`ASC`] : [Prisma.sql`<`, Prisma.sql`DESC`];
  const from = key
    ? Prisma.sql`AND (${time}, ${id}) ${sign} (${new Date(key[0])}, ${key[1]})`
    : Prisma.empty;
  return Prisma.sql`${from} ORDER BY ${time} ${order}, ${id} ${order} LIMIT ${limit + 1}`;
}
