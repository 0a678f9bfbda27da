import { z } from 'zod';
import { signedIn, type KnownActor } from '../../access/actor.ts';
import { PROJECT_ROLES } from '../../access/roles.ts';
import { AppError } from '../../errors.ts';
import { enumInput, idInput } from '../../inputs.ts';
import { operation } from '../../operation.ts';
import { auditEvent } from '../audit/event.ts';
import { replaceDefaultProject } from '../tenants/store.ts';
import { keysOfLogin } from '../users/rules.ts';
import { commit, lockProject } from './change.ts';
import {
  deleteProjectMember,
  findTenantMember,
  getProjectMember,
  insertProjectMember,
  passProject,
  type PersonInput,
  updateProjectRole,
} from './member-store.ts';
import { namesOne, ONE_PERSON, person } from './rules.ts';

const projectId = idInput.describe('The project.');
const role = enumInput('ProjectRole', PROJECT_ROLES);

export const addProjectMember = operation({
  name: 'addProjectMember',
  description: 'Makes a member of the tenant a member of the project too.',
  input: z
    .object({
      projectId,
      ...person,
      role: role.default('VIEWER').describe('EDITOR or VIEWER; VIEWER unless told.'),
    })
    .refine(namesOne, ONE_PERSON),
  scopes: { project: 'project:admin' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND', 'ALREADY_MEMBER', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    commit(ctx, async (tx) => {
      const { projectId: id, role: given } = input;
      const project = await lockProject(ctx, tx, id, 'project:admin');
      if (given === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      const found = await findTenantMember(tx, project.tenantId, input);
      if (!found) throw new AppError('USER_NOT_FOUND');
      const { userId } = found;
      const now = ctx.clock.now();
      const place = { projectId: id, userId, role: given, now };
      if (!(await insertProjectMember(tx, place))) throw new AppError('ALREADY_MEMBER');
      return {
        answer: { project, member: { ...found, role: given, joinedAt: now } },
        userIds: [userId],
        event: auditEvent(ctx, {
          action: 'project.member_added',
          target: { type: 'project', id },
          details: { userId, role: given },
        }),
      };
    }),
});

export const updateProjectMember = operation({
  name: 'updateProjectMember',
  description: 'Gives a member of the project another role.',
  input: z
    .object({ projectId, ...person, role: role.describe('EDITOR or VIEWER.') })
    .refine(namesOne, ONE_PERSON),
  scopes: { project: 'project:admin' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    commit(ctx, async (tx) => {
      const { projectId: id, role: given } = input;
      const project = await lockProject(ctx, tx, id, 'project:admin');
      const member = await getProjectMember(tx, id, input);
      if (given === 'OWNER' || member.role === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      const answer = { project, member: { ...member, role: given } };
      if (member.role === given) return { answer };
      const { userId } = member;
      await updateProjectRole(tx, { projectId: id, userId, role: given });
      return {
        answer,
        userIds: [userId],
        event: auditEvent(ctx, {
          action: 'project.member_updated',
          target: { type: 'project', id },
          details: { userId, role: given },
        }),
      };
    }),
});

export const removeProjectMember = operation({
  name: 'removeProjectMember',
  description:
    'Ends the part of a member in the project. Anybody may leave; its owner alone removes others.',
  input: z.object({ projectId, ...person }).refine(namesOne, ONE_PERSON),
  scopes: { project: 'project:read' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    commit(ctx, async (tx) => {
      const id = input.projectId;
      const leaves = isSelf(signedIn(ctx.actor), input);
      await lockProject(ctx, tx, id, leaves ? 'project:read' : 'project:admin');
      const member = await getProjectMember(tx, id, input);
      if (member.role === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      const { userId } = member;
      await deleteProjectMember(tx, { projectId: id, userId });
      await replaceDefaultProject(tx, userId);
      return {
        answer: { projectId: id, userId },
        userIds: [userId],
        event: auditEvent(ctx, {
          action: 'project.member_removed',
          target: { type: 'project', id },
          details: { userId },
        }),
      };
    }),
});

export const transferProject = operation({
  name: 'transferProject',
  description:
    'Gives a project to another member of its tenant. The owner until then stays as an editor. For those who look after the tenant; its owner alone cannot.',
  input: z.object({ projectId, ...person }).refine(namesOne, ONE_PERSON),
  scopes: { project: 'projects:transfer' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND'],
  handle: (ctx, input) =>
    commit(ctx, async (tx) => {
      const id = input.projectId;
      const project = await lockProject(ctx, tx, id, 'projects:transfer');
      const heir = await findTenantMember(tx, project.tenantId, input);
      if (!heir) throw new AppError('USER_NOT_FOUND');
      const { userId } = heir;
      const formerOwnerId = project.owner.userId;
      if (formerOwnerId === userId) return { answer: { project } };
      const joinedAt = await passProject(tx, { projectId: id, userId, now: ctx.clock.now() });
      const owner = { ...heir, role: 'OWNER', joinedAt } as const;
      return {
        answer: { project: { ...project, owner } },
        userIds: [userId, formerOwnerId],
        event: auditEvent(ctx, {
          action: 'project.transferred',
          target: { type: 'project', id },
          details: { userId, formerOwnerId },
        }),
      };
    }),
});

function isSelf({ user }: KnownActor, { userId, username }: PersonInput): boolean {
  return userId == null ? keysOfLogin(username ?? '')[0] === user.handleKey : userId === user.id;
}
