import type { z } from 'zod';
import type { AppError, ExpectedCode } from '../../errors.ts';
import {
  addProjectMember,
  removeProjectMember,
  transferProject,
  updateProjectMember,
} from '../../features/projects/member-operations.ts';
import { projectMembers, projects } from '../../features/projects/list-operations.ts';
import {
  createProject,
  deleteProject,
  project,
  updateProject,
} from '../../features/projects/operations.ts';
import type { ProjectMemberRow, ProjectRow } from '../../features/projects/store.ts';
import type { Operation } from '../../operation.ts';
import type { Page } from '../../page.ts';
import { type Ask, type Asked, type Reply, row, type Row } from '../dialect.ts';
import type { Said } from '../fastapi.ts';
import { jsonBody, type RestRequest } from '../request.ts';

const ok = (body: object): Reply => ({ status: 200, body });

const projectBody = ({ id, name, description, owner, createdAt, updatedAt }: ProjectRow) => ({
  project_id: id,
  owner_user_id: owner.userId,
  owner_username: owner.username,
  name,
  description,
  // Of what the product keeps besides, this server has nothing.
  tags: [],
  default_role: 'viewer',
  created_at: createdAt,
  updated_at: updatedAt,
});

const memberBody = (projectId: string, member: ProjectMemberRow) => ({
  project_id: projectId,
  user_id: member.userId,
  username: member.username,
  display_name: member.name,
  role: member.role.toLowerCase(),
  status: 'active',
  // Who invited whom is in the audit log alone.
  invited_by: null,
});

/** A role as the document spells it; what is none stays, to be refused. */
function roleIn(request: RestRequest): unknown {
  const { role } = jsonBody(request);
  return typeof role === 'string' ? role.toUpperCase() : role;
}

const idOf = ({ params }: RestRequest) => params['id'];

const memberOf = (request: RestRequest) => ({
  projectId: idOf(request),
  username: request.params['username'],
});

const inBody = (request: RestRequest) => {
  const { name, description } = jsonBody(request);
  return { name, description };
};

/** Every item of a list whose first page has been read. */
async function everything<S extends z.ZodType, F extends ExpectedCode, T>(
  first: Page<T>,
  ask: Ask,
  operation: Operation<S, F, Page<T>>,
  input: object,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let page = first; ;) {
    items.push(...page.edges.map(({ node }) => node));
    const after = page.edges.at(-1)?.cursor;
    if (!page.hasNextPage || after === undefined) return items;
    page = await ask(operation, { ...input, first: 100, after } as z.input<S>);
  }
}

/** Why somebody may not do something with a project: who has no part in it is told that. */
export function accessDenied({ details }: AppError, { request }: Asked): Said | undefined {
  const { isMember, required = '' } = details;
  if (isMember === undefined) return undefined;
  if (isMember) return { text: `Insufficient permissions. Required: ${required.split(':')[1]}` };
  return { text: `You do not have access to project '${request?.params['id'] ?? ''}'` };
}

/** The projects of QDash, which make its roles usable. */
export const PROJECT_ROWS: readonly Row[] = [
  row({
    method: 'POST',
    path: '/projects',
    operation: createProject,
    input: inBody,
    reply: (result) => ({ status: 201, body: projectBody(result.project) }),
  }),
  row({
    method: 'GET',
    path: '/projects',
    operation: projects,
    input: () => ({ first: 100 }),
    reply: async (result, _request, ask) => {
      const all = await everything(result, ask, projects, {});
      return ok({ projects: all.map(projectBody), total: all.length });
    },
  }),
  row({
    method: 'GET',
    path: '/projects/:id',
    operation: project,
    input: (request) => ({ id: idOf(request) }),
    reply: (result) => ok(projectBody(result)),
  }),
  row({
    method: 'PATCH',
    path: '/projects/:id',
    operation: updateProject,
    input: (request) => ({ id: idOf(request), ...inBody(request) }),
    reply: (result) => ok(projectBody(result.project)),
  }),
  row({
    method: 'DELETE',
    path: '/projects/:id',
    operation: deleteProject,
    input: (request) => ({ id: idOf(request) }),
    reply: () => ({ status: 204 }),
  }),
  row({
    method: 'GET',
    path: '/projects/:id/members',
    operation: projectMembers,
    input: (request) => ({ projectId: idOf(request), first: 100 }),
    reply: async (result, request, ask) => {
      const projectId = request.params['id'] ?? '';
      const all = await everything(result, ask, projectMembers, { projectId });
      return ok({
        members: all.map((member) => memberBody(projectId, member)),
        total: all.length,
      });
    },
  }),
  row({
    method: 'POST',
    path: '/projects/:id/members',
    operation: addProjectMember,
    input: (request) => ({
      projectId: idOf(request),
      username: jsonBody(request)['username'],
      role: roleIn(request),
    }),
    reply: ({ project: { id }, member }) => ({ status: 201, body: memberBody(id, member) }),
  }),
  row({
    method: 'PATCH',
    path: '/projects/:id/members/:username',
    operation: updateProjectMember,
    input: (request) => ({ ...memberOf(request), role: roleIn(request) }),
    reply: ({ project: { id }, member }) => ok(memberBody(id, member)),
  }),
  row({
    method: 'DELETE',
    path: '/projects/:id/members/:username',
    operation: removeProjectMember,
    input: memberOf,
    reply: () => ({ status: 204 }),
  }),
  row({
    method: 'POST',
    path: '/projects/:id/transfer',
    operation: transferProject,
    input: (request) => {
      const body = jsonBody(request);
      return {
        projectId: idOf(request),
        username: body['new_owner_username'] ?? body['username'],
      };
    },
    reply: (result) => ok(projectBody(result.project)),
  }),
];
