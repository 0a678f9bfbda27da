import type { AppError } from '../../../core/errors.ts';
import {
  addProjectMember,
  removeProjectMember,
  transferProject,
  updateProjectMember,
} from '../../../features/projects/member-operations.ts';
import { projectMembers, projects } from '../../../features/projects/list-operations.ts';
import {
  createProject,
  deleteProject,
  project,
  updateProject,
} from '../../../features/projects/operations.ts';
import type { ProjectMemberRow, ProjectRow } from '../../../features/projects/store.ts';
import { type Asked, type Reply, row, type Row } from '../dialect.ts';
import type { Said } from '../fastapi.ts';
import { everything } from '../lists.ts';
import { as, from } from '../fields.ts';

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

/** A role as the document spells it. */
const ROLE = as('role', (role) => (typeof role === 'string' ? role.toUpperCase() : role), {
  type: 'string',
  enum: ['owner', 'editor', 'viewer'],
});

const ITSELF = { id: 'id' };
const PROJECT_EXAMPLE = { id: '0b0f2a52-6d4e-4c0e-9a53-5d1f7f4b3b11' };
const PROJECT = { id: 'projectId' };
const MEMBER = { ...PROJECT, username: 'username' };
const CONTENT = { name: 'name', description: 'description' };

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
    input: from({ json: CONTENT }),
    example: { name: 'Chip 64Q', description: 'Calibration of the second chip' },
    reply: (result) => ({ status: 201, body: projectBody(result.project) }),
  }),
  row({
    method: 'GET',
    path: '/projects',
    operation: projects,
    input: from({}, { first: 100 }),
    reply: async (result, _request, ask) => {
      const all = await everything(result, ask, projects, {});
      return ok({ projects: all.map(projectBody), total: all.length });
    },
  }),
  row({
    method: 'GET',
    path: '/projects/:id',
    operation: project,
    input: from({ path: ITSELF }),
    example: PROJECT_EXAMPLE,
    reply: (result) => ok(projectBody(result)),
  }),
  row({
    method: 'PATCH',
    path: '/projects/:id',
    operation: updateProject,
    input: from({ path: ITSELF, json: CONTENT }),
    example: { ...PROJECT_EXAMPLE, name: 'Chip 144Q' },
    reply: (result) => ok(projectBody(result.project)),
  }),
  row({
    method: 'DELETE',
    path: '/projects/:id',
    operation: deleteProject,
    input: from({ path: ITSELF }),
    example: PROJECT_EXAMPLE,
    reply: () => ({ status: 204 }),
  }),
  row({
    method: 'GET',
    path: '/projects/:id/members',
    operation: projectMembers,
    input: from({ path: PROJECT }, { first: 100 }),
    example: PROJECT_EXAMPLE,
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
    input: from({ path: PROJECT, json: { username: 'username', role: ROLE } }),
    example: { ...PROJECT_EXAMPLE, username: 'newuser', role: 'editor' },
    reply: ({ project: { id }, member }) => ({ status: 201, body: memberBody(id, member) }),
  }),
  row({
    method: 'PATCH',
    path: '/projects/:id/members/:username',
    operation: updateProjectMember,
    input: from({ path: MEMBER, json: { role: ROLE } }),
    example: { ...PROJECT_EXAMPLE, username: 'newuser', role: 'viewer' },
    reply: ({ project: { id }, member }) => ok(memberBody(id, member)),
  }),
  row({
    method: 'DELETE',
    path: '/projects/:id/members/:username',
    operation: removeProjectMember,
    input: from({ path: MEMBER }),
    example: { ...PROJECT_EXAMPLE, username: 'newuser' },
    reply: () => ({ status: 204 }),
  }),
  row({
    method: 'POST',
    path: '/projects/:id/transfer',
    operation: transferProject,
    input: from({
      path: PROJECT,
      json: { new_owner_username: 'username', username: 'username' },
    }),
    example: { ...PROJECT_EXAMPLE, new_owner_username: 'newuser' },
    reply: (result) => ok(projectBody(result.project)),
  }),
];
