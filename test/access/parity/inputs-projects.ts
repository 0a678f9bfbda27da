import { somebody, strangersProject } from './scene.ts';
import type { Inputs } from './try.ts';

/** Projects and who has a part in them. */
export const PROJECT_INPUTS: Inputs = {
  projects: { own: () => ({}) },
  project: {
    right: ({ world }) => ({ id: world.projectId }),
    "another tenant's": async (scene) => ({ id: await strangersProject(scene) }),
    missing: ({ ctx }) => ({ id: ctx.random.uuid() }),
  },
  createProject: {
    'in the own tenant': () => ({ name: 'another', description: 'for what' }),
    'no name': () => ({ name: '' }),
  },
  updateProject: {
    right: ({ world }) => ({ id: world.projectId, name: 'anew' }),
    "another tenant's": async (scene) => ({ id: await strangersProject(scene), name: 'anew' }),
    'no name': ({ world }) => ({ id: world.projectId, name: '' }),
  },
  deleteProject: {
    right: ({ world }) => ({ id: world.projectId }),
    "another tenant's": async (scene) => ({ id: await strangersProject(scene) }),
    missing: ({ ctx }) => ({ id: ctx.random.uuid() }),
  },
  'project.members': {
    right: ({ world }) => ({ projectId: world.projectId }),
    "another tenant's": async (scene) => ({ projectId: await strangersProject(scene) }),
    missing: ({ ctx }) => ({ projectId: ctx.random.uuid() }),
  },
  addProjectMember: {
    right: async (scene) => ({
      projectId: scene.world.projectId,
      username: (await somebody(scene)).username,
      role: 'EDITOR',
    }),
    'without a role': async (scene) => ({
      projectId: scene.world.projectId,
      username: (await somebody(scene)).username,
    }),
    twice: ({ world }) => ({
      projectId: world.projectId,
      username: 'projectViewer',
      role: 'EDITOR',
    }),
    "another tenant's": ({ world }) => ({ projectId: world.projectId, username: 'stranger' }),
    owner: ({ world }) => ({ projectId: world.projectId, username: 'tenantMember', role: 'OWNER' }),
  },
  updateProjectMember: {
    right: ({ world }) => ({
      projectId: world.projectId,
      username: 'projectViewer',
      role: 'EDITOR',
    }),
    missing: ({ world }) => ({
      projectId: world.projectId,
      username: 'tenantMember',
      role: 'EDITOR',
    }),
    owner: ({ world }) => ({
      projectId: world.projectId,
      username: 'projectOwner',
      role: 'VIEWER',
    }),
  },
  removeProjectMember: {
    right: ({ world }) => ({ projectId: world.projectId, username: 'projectViewer' }),
    missing: ({ world }) => ({ projectId: world.projectId, username: 'tenantMember' }),
    owner: ({ world }) => ({ projectId: world.projectId, username: 'projectOwner' }),
  },
  transferProject: {
    right: ({ world }) => ({ projectId: world.projectId, username: 'projectEditor' }),
    "another tenant's": ({ world }) => ({ projectId: world.projectId, username: 'stranger' }),
    'missing project': ({ ctx }) => ({ projectId: ctx.random.uuid(), username: 'projectEditor' }),
  },
};
