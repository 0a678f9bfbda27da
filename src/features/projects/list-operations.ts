import { z } from 'zod';
import { signedIn } from '../../core/actor.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { pageInput, toPage, toPageRequest } from '../../core/page.ts';
import {
  countProjectMembers,
  countProjectsOfTenant,
  countProjectsOfUser,
  listProjectMembers,
  listProjectsOfTenant,
  listProjectsOfUser,
} from './list-store.ts';
import { MEMBERS, OWN_PROJECTS, TENANT_PROJECTS } from './rules.ts';

const ownFilter = z.object({
  tenantId: idInput.nullish().describe('Only those in this tenant.'),
});
const ofTenant = z.object({ tenantId: idInput.describe('The tenant.') });
const ofProject = z.object({ projectId: idInput.describe('The project.') });

export const projects = operation({
  name: 'projects',
  description: 'The projects that the caller is a member of, the earliest joined first.',
  input: pageInput.safeExtend(ownFilter.shape),
  scopes: { authenticated: true, apiKey: 'project:read' },
  fails: [],
  handle: async (ctx, input) => {
    const request = toPageRequest(OWN_PROJECTS, input);
    const own = { userId: signedIn(ctx.actor).user.id, tenantId: input.tenantId ?? undefined };
    return toPage(OWN_PROJECTS, request, await listProjectsOfUser(ctx.db, own, request));
  },
});

export const projectCount = operation({
  name: 'projects.totalCount',
  description: 'How many there are.',
  input: ownFilter,
  scopes: { authenticated: true, apiKey: 'project:read' },
  fails: [],
  handle: (ctx, { tenantId }) =>
    countProjectsOfUser(ctx.db, {
      userId: signedIn(ctx.actor).user.id,
      tenantId: tenantId ?? undefined,
    }),
});

export const tenantProjects = operation({
  name: 'tenant.projects',
  description:
    'All projects of the tenant, the oldest first, for those who look after it: what they are called and whose they are. What is inside needs a membership.',
  input: pageInput.safeExtend(ofTenant.shape),
  scopes: { tenant: 'projects:list' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, input) => {
    const request = toPageRequest(TENANT_PROJECTS, input);
    const rows = await listProjectsOfTenant(ctx.db, input.tenantId, request);
    return toPage(TENANT_PROJECTS, request, rows);
  },
});

export const tenantProjectCount = operation({
  name: 'tenant.projects.totalCount',
  description: 'How many there are.',
  input: ofTenant,
  scopes: { tenant: 'projects:list' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: (ctx, { tenantId }) => countProjectsOfTenant(ctx.db, tenantId),
});

export const projectMembers = operation({
  name: 'project.members',
  description: 'The members of the project, the earliest joined first.',
  input: pageInput.safeExtend(ofProject.shape),
  scopes: { project: 'project:read' },
  target: ({ projectId }) => projectId,
  fails: ['PROJECT_NOT_FOUND'],
  handle: async (ctx, input) => {
    const request = toPageRequest(MEMBERS, input);
    const rows = await listProjectMembers(ctx.db, input.projectId, request);
    return toPage(MEMBERS, request, rows);
  },
});

export const projectMemberCount = operation({
  name: 'project.members.totalCount',
  description: 'How many there are.',
  input: ofProject,
  scopes: { project: 'project:read' },
  target: ({ projectId }) => projectId,
  fails: ['PROJECT_NOT_FOUND'],
  handle: (ctx, { projectId }) => countProjectMembers(ctx.db, projectId),
});
