import type { Context } from '../core/context.ts';
import { findTenantOfProject } from './memberships-store.ts';
import { systemRoleOf } from '../core/actor.ts';
import { carries } from './api-keys.ts';
import { membershipsOf } from './memberships.ts';
import { grantsHere, type Permission, type Roles, roleGrants } from './policy.ts';

/** How the caller stands to one tenant or project: their roles there and what these grant. */
export interface Standing {
  readonly roles: Roles;
  readonly grants: ReadonlySet<Permission>;
}

/**
 * How the caller stands to a tenant; undefined where they are no part of it, which looks the same as
 * one that is not there. For a system administrator it may be one that is not there.
 */
export async function findTenantStanding(
  ctx: Context,
  tenantId: string,
): Promise<Standing | undefined> {
  const { tenants } = await membershipsOf(ctx);
  return standingBy(ctx, { tenant: tenants.get(tenantId) });
}

/** How the caller stands to a project, by its id. The same work whether there is one or not. */
export async function findProjectStanding(
  ctx: Context,
  projectId: string,
): Promise<Standing | undefined> {
  const { projects } = await membershipsOf(ctx);
  const tenantId =
    projects.get(projectId)?.tenantId ?? (await findTenantOfProject(ctx.db.prisma, projectId));
  return tenantId === undefined ? undefined : projectStanding(ctx, { id: projectId, tenantId });
}

/** How the caller stands to a project that was read already; asks for nothing but the memberships. */
export async function projectStanding(
  ctx: Context,
  project: { readonly id: string; readonly tenantId: string },
): Promise<Standing | undefined> {
  const { tenants, projects } = await membershipsOf(ctx);
  return standingBy(ctx, {
    tenant: tenants.get(project.tenantId),
    project: projects.get(project.id)?.role,
  });
}

/** How the caller stands by the roles that they hold in a tenant or project, as they were read just now. */
export function standingBy(ctx: Context, held: Omit<Roles, 'system'>): Standing | undefined {
  const roles = { ...held, system: systemRoleOf(ctx.actor) };
  const belongs = roles.tenant !== undefined || roles.project !== undefined;
  if (!belongs && !roleGrants(roles.system, 'tenant:read')) return undefined;
  const granted = [...grantsHere(ctx.config, roles)].filter((permission) =>
    carries(ctx.actor, permission),
  );
  return { roles, grants: new Set(granted) };
}
