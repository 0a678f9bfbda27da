import type { Memberships } from '../core/memberships.ts';
import type { ProjectRole, TenantRole } from '../core/roles.ts';
import type { Database, Tx } from '../db/database.ts';

interface MembershipRow {
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly role: string;
}

/** Reads everything that a user is a member of, in one statement. */
export async function listMemberships(db: Database, userId: string): Promise<Memberships> {
  const rows = await db.prisma.$queryRaw<MembershipRow[]>`
    SELECT "tenantId", NULL AS "projectId", CAST("role" AS TEXT) AS "role",
      "createdAt" AS "joinedAt"
    FROM "TenantMembership" WHERE "userId" = ${userId}
    UNION ALL
    SELECT "Project"."tenantId", "Project"."id", CAST("role" AS TEXT),
      "ProjectMembership"."createdAt"
    FROM "ProjectMembership" JOIN "Project" ON "Project"."id" = "projectId"
    WHERE "userId" = ${userId}
    ORDER BY "joinedAt", "tenantId", "projectId"`;
  const tenants = new Map<string, TenantRole>();
  const projects = new Map<string, { tenantId: string; role: ProjectRole }>();
  for (const { tenantId, projectId, role } of rows) {
    if (projectId === null) tenants.set(tenantId, role as TenantRole);
    else projects.set(projectId, { tenantId, role: role as ProjectRole });
  }
  return { tenants, projects };
}

/** The tenant that a project belongs to, for ever; undefined where there is no such project. */
export async function findTenantOfProject(tx: Tx, projectId: string): Promise<string | undefined> {
  const [row] = await tx.$queryRaw<{ tenantId: string }[]>`
    SELECT "tenantId" FROM "Project" WHERE "id" = ${projectId}`;
  return row?.tenantId;
}
