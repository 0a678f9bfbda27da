import { z } from 'zod';
import { signedIn, type KnownActor } from '../../core/actor.ts';
import { giveRole } from '../../access/giving.ts';
import { PROJECT_ROLES } from '../../core/roles.ts';
import { change } from '../../core/change.ts';
import { AppError } from '../../core/errors.ts';
import { enumInput, idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { replaceDefaultProject } from '../tenants/store.ts';
import { keysOfLogin } from '../users/rules.ts';
import { lockProject } from './change.ts';
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

/** What lets somebody give the roles of a project's members, and what lets them give it to another owner. */
const PROJECT_ROLE = { axis: 'project', permission: 'project:admin' } as const;
const OWNERSHIP = { axis: 'project', permission: 'projects:transfer' } as const;

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
  scopes: { project: 'project:admin', freshFor: 'a role above VIEWER' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND', 'ALREADY_MEMBER', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    change(ctx, async ({ tx, audit, publish }) => {
      const { projectId: id, role } = input;
      const { project, roles } = await lockProject(ctx, tx, id, 'project:admin');
      if (role === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      const given = giveRole(ctx, { ...PROJECT_ROLE, role }, roles);
      const found = await findTenantMember(tx, project.tenantId, input);
      if (!found) throw new AppError('USER_NOT_FOUND');
      const { userId } = found;
      const now = ctx.clock.now();
      const place = { projectId: id, userId, role: given, now };
      if (!(await insertProjectMember(tx, place))) throw new AppError('ALREADY_MEMBER');
      audit({
        action: 'project.member_added',
        target: { type: 'project', id },
        details: { userId, role: given },
      });
      publish({ kind: 'user', userId });
      return { project, member: { ...found, role: given, joinedAt: now } };
    }),
});

export const updateProjectMember = operation({
  name: 'updateProjectMember',
  description: 'Gives a member of the project another role.',
  input: z
    .object({ projectId, ...person, role: role.describe('EDITOR or VIEWER.') })
    .refine(namesOne, ONE_PERSON),
  scopes: { project: 'project:admin', fresh: 'session' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    change(ctx, async ({ tx, audit, publish }) => {
      const { projectId: id, role } = input;
      const { project, roles } = await lockProject(ctx, tx, id, 'project:admin');
      const member = await getProjectMember(tx, id, input);
      if (role === 'OWNER' || member.role === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      const given = giveRole(ctx, { ...PROJECT_ROLE, role, former: member.role }, roles);
      const answer = { project, member: { ...member, role: given } };
      if (member.role === given) return answer;
      const { userId } = member;
      await updateProjectRole(tx, { projectId: id, userId, role: given });
      audit({
        action: 'project.member_updated',
        target: { type: 'project', id },
        details: { userId, role: given },
      });
      publish({ kind: 'user', userId });
      return answer;
    }),
});

export const removeProjectMember = operation({
  name: 'removeProjectMember',
  description:
    'Ends the part of a member in the project. Anybody may leave; its owner alone removes others.',
  input: z.object({ projectId, ...person }).refine(namesOne, ONE_PERSON),
  scopes: { project: 'project:read', freshFor: 'a role above VIEWER that is not the own' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'MEMBER_NOT_FOUND', 'OWNER_BY_TRANSFER'],
  handle: (ctx, input) =>
    change(ctx, async ({ tx, audit, publish }) => {
      const id = input.projectId;
      const isLeaving = leaves(signedIn(ctx.actor), input);
      const permission = isLeaving ? 'project:read' : 'project:admin';
      const { roles } = await lockProject(ctx, tx, id, permission);
      const { userId, role } = await getProjectMember(tx, id, input);
      if (role === 'OWNER') throw new AppError('OWNER_BY_TRANSFER');
      if (!isLeaving) giveRole(ctx, { ...PROJECT_ROLE, role }, roles);
      await deleteProjectMember(tx, { projectId: id, userId });
      await replaceDefaultProject(tx, userId);
      audit({
        action: 'project.member_removed',
        target: { type: 'project', id },
        details: { userId },
      });
      publish({ kind: 'user', userId });
      return { projectId: id, userId };
    }),
});

export const transferProject = operation({
  name: 'transferProject',
  description:
    'Gives a project to another member of its tenant. The owner until then stays as an editor. For those who look after the tenant; its owner alone cannot.',
  input: z.object({ projectId, ...person }).refine(namesOne, ONE_PERSON),
  scopes: { project: 'projects:transfer', fresh: 'session' },
  target: (input) => input.projectId,
  fails: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND'],
  handle: (ctx, input) =>
    change(ctx, async ({ tx, audit, publish }) => {
      const id = input.projectId;
      const { project, roles } = await lockProject(ctx, tx, id, 'projects:transfer');
      const heir = await findTenantMember(tx, project.tenantId, input);
      if (!heir) throw new AppError('USER_NOT_FOUND');
      const { userId } = heir;
      const formerOwnerId = project.owner.userId;
      if (formerOwnerId === userId) return { project };
      const role = giveRole(ctx, { ...OWNERSHIP, role: 'OWNER' }, roles);
      const joinedAt = await passProject(tx, { projectId: id, userId, role, now: ctx.clock.now() });
      const owner = { ...heir, role, joinedAt };
      audit({
        action: 'project.transferred',
        target: { type: 'project', id },
        details: { userId, formerOwnerId },
      });
      publish({ kind: 'user', userId });
      publish({ kind: 'user', userId: formerOwnerId });
      return { project: { ...project, owner } };
    }),
});

/** To leave is for the person alone: a program of theirs needs the permission to remove. */
function leaves({ kind, user }: KnownActor, { userId, username }: PersonInput): boolean {
  if (kind === 'apiKey') return false;
  return userId == null ? keysOfLogin(username ?? '')[0] === user.handleKey : userId === user.id;
}
