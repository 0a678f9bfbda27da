import { z } from 'zod';
import { signedIn } from '../../core/actor.ts';
import { roleByRule } from '../../access/giving.ts';
import { homeTenantOf } from '../../access/memberships.ts';
import { requireGrant } from '../../access/scopes.ts';
import { standingBy } from '../../access/standing.ts';
import { change } from '../../core/change.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { findTenantMember } from './member-store.ts';
import { findTenantRole, lockTenants } from '../tenants/store.ts';
import { newProjectThrottle } from '../throttles/rules.ts';
import { lockProject } from './change.ts';
import { descriptionInput, projectNameInput } from './rules.ts';
import {
  deleteProject as remove,
  getProject,
  insertProject,
  updateProject as update,
} from './store.ts';

const projectId = idInput.describe('The project.');

export const project = operation({
  name: 'project',
  description:
    'A project that the caller is a member of. Null where there is none for them; FORBIDDEN to administrators and others of its tenant without a membership.',
  input: z.object({ id: projectId }),
  scopes: { project: 'project:read' },
  target: ({ id }) => id,
  fails: ['PROJECT_NOT_FOUND'],
  handle: (ctx, { id }) => getProject(ctx.db.prisma, id),
});

export const createProject = operation({
  name: 'createProject',
  description:
    'Makes a project in a tenant. Its owner is the caller or whom they name, and has to be a member of the tenant.',
  input: z.object({
    tenantId: idInput
      .nullish()
      .describe('Where; the tenant that the caller has been in longest unless told.'),
    name: projectNameInput,
    description: descriptionInput.nullish(),
    ownerId: idInput.nullish().describe('Whose it is; the caller’s own unless told.'),
  }),
  scopes: { tenant: 'projects:create' },
  target: ({ tenantId }, ctx) => tenantId ?? homeTenantOf(ctx),
  fails: ['TENANT_NOT_FOUND', 'USER_NOT_FOUND'],
  throttle: newProjectThrottle,
  repeatable: true,
  handle: async (ctx, input) => {
    const { user } = signedIn(ctx.actor);
    const tenantId = input.tenantId ?? (await homeTenantOf(ctx));
    if (tenantId === undefined) throw new AppError('TENANT_NOT_FOUND');
    const id = ctx.random.uuid();
    const now = ctx.clock.now();
    return change(ctx, async ({ tx, audit, publish }) => {
      const [locked] = await lockTenants(ctx.db, tx, [tenantId]);
      const standing = standingBy(ctx, { tenant: await findTenantRole(tx, tenantId, user.id) });
      if (locked === undefined || !standing) throw new AppError('TENANT_NOT_FOUND');
      requireGrant(standing, 'projects:create');
      const owner = await findTenantMember(tx, tenantId, { userId: input.ownerId ?? user.id });
      if (!owner) throw new AppError('USER_NOT_FOUND');
      const ownerId = owner.userId;

      const { name, description } = input;
      const owned = { ownerId, ownerRole: roleByRule('newProject', 'OWNER') };
      const described = { name, description: description ?? '' };
      await insertProject(tx, { id, tenantId, ...described, ...owned, now });
      audit({
        action: 'project.created',
        target: { type: 'project', id },
        details: { tenantId, userId: ownerId },
      });
      publish({ kind: 'user', userId: ownerId });
      return { project: await getProject(tx, id) };
    });
  },
});

export const updateProject = operation({
  name: 'updateProject',
  description: 'Changes what a project is called and what it is for. What is left out stays.',
  input: z.object({
    id: projectId,
    name: projectNameInput.nullish(),
    description: descriptionInput.nullish(),
  }),
  scopes: { project: 'project:admin' },
  target: ({ id }) => id,
  fails: ['PROJECT_NOT_FOUND'],
  handle: (ctx, { id, name, description }) =>
    change(ctx, async ({ tx, audit }) => {
      const { project: before } = await lockProject(ctx, tx, id, 'project:admin');
      const changes = {
        ...(name != null && name !== before.name && { name }),
        ...(description != null && description !== before.description && { description }),
      };
      const fields = Object.keys(changes);
      if (fields.length === 0) return { project: before };
      const updated = { ...changes, updatedAt: ctx.clock.now() };
      await update(tx, id, updated);
      audit({
        action: 'project.updated',
        target: { type: 'project', id },
        details: { fields },
      });
      return { project: { ...before, ...updated } };
    }),
});

export const deleteProject = operation({
  name: 'deleteProject',
  description:
    'Deletes a project for good. Whose default it was gets the project they have been in longest, if one is left.',
  input: z.object({ id: projectId }),
  scopes: { project: 'project:admin' },
  target: ({ id }) => id,
  fails: ['PROJECT_NOT_FOUND'],
  handle: (ctx, { id }) =>
    change(ctx, async ({ tx, audit, publish }) => {
      const { tenantId } = (await lockProject(ctx, tx, id, 'project:admin')).project;
      audit({
        action: 'project.deleted',
        target: { type: 'project', id },
        details: { tenantId },
      });
      for (const userId of await remove(tx, id)) publish({ kind: 'user', userId });
      return { projectId: id };
    }),
});
