import type { Given } from '../../access/giving.ts';
import type { ProjectRole, TenantRole } from '../../core/roles.ts';
import type { Database, Tx } from '../../db/database.ts';
import { Prisma, type Project } from '../../db/generated/sqlite/client.ts';
import { AppError } from '../../core/errors.ts';

/** Somebody's place in a project: what its members may see of each other. */
export interface ProjectMemberRow {
  readonly userId: string;
  /** Absent for a person known by e-mail address only. */
  readonly username: string | null;
  readonly name: string;
  readonly role: ProjectRole;
  readonly joinedAt: Date;
}

/** A project with its owner: it has exactly one at every moment. */
export interface ProjectRow extends Project {
  readonly owner: ProjectMemberRow;
}

/** What somebody is in a project and in its tenant. */
export interface HeldRoles {
  readonly tenant: TenantRole | undefined;
  readonly project: ProjectRole | undefined;
}

interface RawProject extends Project {
  readonly ownerId: string;
  readonly ownerUsername: string | null;
  readonly ownerName: string;
  readonly ownerSince: Date;
}

const PROJECT = Prisma.sql`
  "Project".*, owning."userId" AS "ownerId", owning."createdAt" AS "ownerSince",
  owner."username" AS "ownerUsername", owner."name" AS "ownerName"`;

const WITH_OWNER = Prisma.sql`
  JOIN "ProjectMembership" owning
    ON owning."projectId" = "Project"."id" AND owning."role" = 'OWNER'
  JOIN "User" owner ON owner."id" = owning."userId"`;

/** A part of a SELECT over projects: those that it finds, with whatever else it reads of them. */
export async function selectProjects<T extends object = object>(
  tx: Tx,
  {
    extra = Prisma.empty,
    from,
    rest,
  }: Record<'from' | 'rest', Prisma.Sql> & { extra?: Prisma.Sql },
): Promise<(ProjectRow & T)[]> {
  const rows = await tx.$queryRaw<(RawProject & T)[]>`
    SELECT ${PROJECT} ${extra} FROM ${from} ${WITH_OWNER} ${rest}`;
  return rows.map(toProject);
}

/** The projects with these ids, in no order. */
export async function listProjectsByIds(
  tx: Tx,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ProjectRow>> {
  const rows = await selectProjects(tx, {
    from: Prisma.sql`"Project"`,
    rest: Prisma.sql`WHERE "Project"."id" IN (${Prisma.join([...ids])})`,
  });
  return new Map(rows.map((project) => [project.id, project]));
}

export async function getProject(tx: Tx, id: string): Promise<ProjectRow> {
  const found = (await listProjectsByIds(tx, [id])).get(id);
  if (!found) throw new AppError('PROJECT_NOT_FOUND');
  return found;
}

/** A project and somebody's roles in it and in its tenant; undefined where there is no such project. */
export async function findProjectWithRoles(
  tx: Tx,
  projectId: string,
  userId: string,
): Promise<{ project: ProjectRow; roles: HeldRoles } | undefined> {
  const [row] = await selectProjects<{ tenantRole: TenantRole | null; role: ProjectRole | null }>(
    tx,
    {
      extra: Prisma.sql`, inside."role" AS "tenantRole", own."role" AS "role"`,
      from: Prisma.sql`"Project"`,
      rest: Prisma.sql`
        LEFT JOIN "TenantMembership" inside
          ON inside."tenantId" = "Project"."tenantId" AND inside."userId" = ${userId}
        LEFT JOIN "ProjectMembership" own
          ON own."projectId" = "Project"."id" AND own."userId" = ${userId}
        WHERE "Project"."id" = ${projectId}`,
    },
  );
  if (!row) return undefined;
  const { tenantRole, role, ...project } = row;
  return { project, roles: { tenant: tenantRole ?? undefined, project: role ?? undefined } };
}

export interface NewProject {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly description: string;
  readonly ownerId: string;
  readonly ownerRole: Given<'OWNER'>;
  readonly now: Date;
}

/** Makes a project with its owner, who has to be in its tenant, which is locked. */
export async function insertProject(tx: Tx, project: NewProject): Promise<void> {
  const { ownerId, ownerRole, now, ...columns } = project;
  const owner = { userId: ownerId, role: ownerRole, createdAt: now };
  await tx.project.create({
    data: { ...columns, createdAt: now, updatedAt: now, memberships: { create: owner } },
  });
}

export async function updateProject(
  tx: Tx,
  id: string,
  data: { readonly name?: string; readonly description?: string; readonly updatedAt: Date },
): Promise<void> {
  await tx.project.updateMany({ where: { id }, data });
}

/**
 * Deletes a project. Whose default it was gets the project they have been in longest of those that are
 * left to them, or none. Answers everybody whom that concerns.
 */
export async function deleteProject(tx: Tx, id: string): Promise<readonly string[]> {
  const members = await tx.$queryRaw<{ userId: string }[]>`
    DELETE FROM "ProjectMembership" WHERE "projectId" = ${id} RETURNING "userId"`;
  const rehomed = await tx.$queryRaw<{ id: string }[]>`
    UPDATE "User" SET "defaultProjectId" = (
      SELECT "projectId" FROM "ProjectMembership" WHERE "userId" = "User"."id"
      ORDER BY "createdAt", "projectId" LIMIT 1
    )
    WHERE "defaultProjectId" = ${id} RETURNING "id"`;
  await tx.project.deleteMany({ where: { id } });
  const ids = [...members.map(({ userId }) => userId), ...rehomed.map((user) => user.id)];
  return [...new Set(ids)];
}

/** The tenants with these ids. */
export async function listTenantsByIds(db: Database, ids: readonly string[]) {
  const tenants = await db.prisma.tenant.findMany({ where: { id: { in: [...ids] } } });
  return new Map(tenants.map((tenant) => [tenant.id, tenant]));
}

function toProject<T extends object>(raw: RawProject & T): ProjectRow & T {
  const { ownerId, ownerUsername, ownerName, ownerSince, ...project } = raw;
  const owner: ProjectMemberRow = {
    userId: ownerId,
    username: ownerUsername,
    name: ownerName,
    role: 'OWNER',
    joinedAt: ownerSince,
  };
  return { ...(project as unknown as Project & T), owner };
}
