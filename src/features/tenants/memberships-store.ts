import type { ProjectRole, TenantRole } from '../../core/roles.ts';
import type { Database } from '../../db/database.ts';

/** Somebody's roles, by tenant and by project, the earliest joined first. */
export interface Memberships {
  readonly tenants: ReadonlyMap<string, TenantRole>;
  readonly projects: ReadonlyMap<string, { readonly tenantId: string; readonly role: ProjectRole }>;
}

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
