import { membershipsOf } from '../../access/memberships.ts';
import { PERMISSIONS } from '../../access/policy.ts';
import { PROJECT_ROLES } from '../../core/roles.ts';
import { projectStanding } from '../../access/standing.ts';
import { batched } from '../../schema/batch.ts';
import { builder, GRANT, GUARDED, offer } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { orNull } from '../../core/or-null.ts';
import { Node } from '../../schema/node.ts';
import { reads } from '../../schema/reads.ts';
import { Tenant } from '../tenants/graphql.ts';
import type { TenantRow } from '../tenants/store.ts';
import { User } from '../users/graphql.ts';
import type { ShownUser } from '../users/store.ts';
import {
  projectCount,
  projectMemberCount,
  projectMembers,
  projects,
  tenantProjectCount,
  tenantProjects,
} from './list-operations.ts';
import { project } from './operations.ts';
import type { ProjectMemberRow, ProjectRow } from './store.ts';
import { projectsById, projectsOfUsers, tenantsOfProjects } from './user-operations.ts';

const ProjectRole = builder.enumType('ProjectRole', {
  description: 'Rights inside a project, the highest first.',
  values: PROJECT_ROLES,
});

export const ProjectMember = builder.objectRef<ProjectMemberRow>('ProjectMember').implement({
  description: 'Somebody’s place in a project: what its members may see of each other.',
  extensions: GUARDED,
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'Who.' }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'As typed. Null for a person known by e-mail address only.',
    }),
    name: t.exposeString('name', { description: 'The name that people see; may be empty.' }),
    role: t.expose('role', { type: ProjectRole, description: 'Their rights in the project.' }),
    joinedAt: t.expose('joinedAt', {
      type: 'DateTime',
      description: 'When they became a member.',
    }),
  }),
});

const tenantOf = batched<string, TenantRow | undefined>(
  (ctx, tenantIds) => tenantsOfProjects.run(ctx, { tenantIds }),
  undefined,
);

export const Project = builder.objectRef<ProjectRow>('Project').implement({
  description:
    'A project of a tenant. Whoever looks after the tenant sees this of it; what is inside needs a membership, of system administrators too.',
  interfaces: [Node],
  authScopes: ({ id, tenantId }) => ({
    $any: {
      project: { id, tenantId, permission: 'project:read' },
      tenant: { id: tenantId, permission: 'projects:list' },
    },
  }),
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    description: t.exposeString('description', { description: 'What it is for; may be empty.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When its name or description last changed.',
    }),
    tenant: t.field({
      type: Tenant,
      description: 'The tenant that it belongs to.',
      resolve: async ({ tenantId }, _args, ctx) => (await tenantOf(ctx, tenantId)) as TenantRow,
    }),
    owner: t.expose('owner', {
      type: ProjectMember,
      description: 'Whose it is. Changes only by `transferProject`.',
      extensions: GRANT,
    }),
    role: t.field({
      type: ProjectRole,
      nullable: true,
      description: "The caller's own role in it. Null for whoever is no member.",
      resolve: async ({ id }, _args, ctx) =>
        (await membershipsOf(ctx)).projects.get(id)?.role ?? null,
    }),
    permissions: t.stringList({
      description: 'What the caller may do with it.',
      resolve: async (parent, _args, ctx) => {
        const standing = await projectStanding(ctx, parent);
        return PERMISSIONS.project.filter((permission) => standing?.grants.has(permission));
      },
    }),
  }),
});

builder.objectField(Project, 'members', (t) =>
  t.connection(
    {
      type: ProjectMember,
      nullable: true,
      description: `${projectMembers.description} Refused to whoever is no member.`,
      authScopes: ({ id, tenantId }) => ({ project: { id, tenantId, permission: 'project:read' } }),
      resolve: async ({ id }, args, ctx) => ({
        ...toConnection(await projectMembers.run(ctx, { ...args, projectId: id })),
        projectId: id,
      }),
    },
    {
      fields: (f) => ({
        totalCount: f.int({
          description: projectMemberCount.description,
          resolve: ({ projectId }, _args, ctx) => projectMemberCount.run(ctx, { projectId }),
        }),
      }),
    },
  ),
);

builder.queryField('project', (t) =>
  t.field({
    type: Project,
    nullable: true,
    ...offer(project),
    args: { id: t.arg.id({ required: true, description: 'The project.' }) },
    resolve: (_root, args, ctx) => orNull(project.run(ctx, args)),
  }),
);

builder.queryField('projects', (t) =>
  t.connection(
    {
      type: Project,
      ...offer(projects),
      args: { tenantId: t.arg.id({ description: 'Only those in this tenant.' }) },
      resolve: async (_root, args, ctx) => ({
        ...toConnection(await projects.run(ctx, args)),
        tenantId: args.tenantId,
      }),
    },
    {
      fields: (f) => ({
        totalCount: f.int({
          description: projectCount.description,
          resolve: ({ tenantId }, _args, ctx) => projectCount.run(ctx, { tenantId }),
        }),
      }),
    },
  ),
);

builder.prismaObjectField(Tenant, 'projects', (t) =>
  t.connection(
    {
      type: Project,
      nullable: true,
      description: tenantProjects.description,
      authScopes: ({ id }) => ({ tenant: { id, permission: 'projects:list' } }),
      resolve: async ({ id }, args, ctx) => ({
        ...toConnection(await tenantProjects.run(ctx, { ...args, tenantId: id })),
        tenantId: id,
      }),
    },
    {
      fields: (f) => ({
        totalCount: f.int({
          description: tenantProjectCount.description,
          resolve: ({ tenantId }, _args, ctx) => tenantProjectCount.run(ctx, { tenantId }),
        }),
      }),
    },
  ),
);

const projectsOf = batched<string, readonly ProjectRow[]>(
  (ctx, userIds) => projectsOfUsers.run(ctx, { userIds }),
  [],
);

const projectOf = batched<string, ProjectRow | undefined>(
  (ctx, ids) => projectsById.run(ctx, { ids }),
  undefined,
);

builder.objectField(User, 'projects', (t) =>
  t.field({
    type: [Project],
    description:
      'The projects that they are a member of, the earliest joined first; of others those that the caller may see.',
    extensions: reads<ShownUser>('id'),
    resolve: async ({ id }, _args, ctx) => [...(await projectsOf(ctx, id))],
  }),
);

builder.objectField(User, 'defaultProject', (t) =>
  t.field({
    type: Project,
    nullable: true,
    description: 'The project that they start with, if they have one that the caller may see.',
    extensions: reads<ShownUser>('defaultProjectId'),
    resolve: async ({ defaultProjectId: id }, _args, ctx) =>
      id === null ? null : ((await projectOf(ctx, id)) ?? null),
  }),
);
