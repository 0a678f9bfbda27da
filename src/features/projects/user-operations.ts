import { z } from 'zod';
import { projectStanding } from '../../access/standing.ts';
import type { Context } from '../../core/context.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { listProjectsOfUsers } from './list-store.ts';
import { listProjectsByIds, listTenantsByIds, type ProjectRow } from './store.ts';

// What a list of users or of projects shows beside each of its rows, read at once for all of them.

const ids = (description: string) => z.array(idInput).describe(description);

export const projectsOfUsers = operation({
  name: 'user.projects',
  description:
    'The projects of each of some users by the user’s id, the earliest joined first: those that the caller may see in a list.',
  input: z.object({ userIds: ids('The users.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: async (ctx, { userIds }) => {
    const found = await listProjectsOfUsers(ctx.db, userIds);
    const seen = [...found].map(
      async ([userId, projects]) => [userId, await visible(ctx, projects)] as const,
    );
    return new Map(await Promise.all(seen));
  },
});

export const projectsById = operation({
  name: 'user.defaultProject',
  description: 'The projects with some ids, by id: those that the caller may see in a list.',
  input: z.object({ ids: ids('The projects.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: async (ctx, input) => {
    const found = await listProjectsByIds(ctx.db.prisma, input.ids);
    const seen = await visible(ctx, [...found.values()]);
    return new Map(seen.map((project) => [project.id, project]));
  },
});

export const tenantsOfProjects = operation({
  name: 'project.tenant',
  description: 'The tenants with some ids, by id. The type Tenant asks whether the caller may.',
  input: z.object({ tenantIds: ids('The tenants.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: (ctx, { tenantIds }) => listTenantsByIds(ctx.db, tenantIds),
});

/** Those projects that the caller may see in a list. */
async function visible(ctx: Context, projects: readonly ProjectRow[]): Promise<ProjectRow[]> {
  const standings = await Promise.all(projects.map((each) => projectStanding(ctx, each)));
  return projects.filter((_each, i) => {
    const grants = standings[i]?.grants;
    return grants?.has('project:read') === true || grants?.has('projects:list') === true;
  });
}
