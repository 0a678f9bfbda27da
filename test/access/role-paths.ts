import { PASSWORD } from '../support/people.ts';
import type { World } from './world.ts';

/** Everybody who tries to give a role, by what they show and how long ago they signed in. */
export const GIVERS = [
  'administrator',
  'stale administrator',
  'API key of the administrator',
  'owner of the tenant',
  'stale owner of the tenant',
  'API key of the owner',
  'admin of the tenant',
  'member of the tenant',
  'owner of another tenant',
  'owner of the project',
  'stale owner of the project',
  'nobody',
  'nobody while authentication is off',
] as const;
export type Giver = (typeof GIVERS)[number];

/** The value of ADMIN_USERNAME in the world where these are tried. */
export const ADMIN_NAME = 'boss';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string | object;
}

/** A way to a role: what is sent, and who gets it done. */
export interface RolePath {
  /** As the operation is called that is asked. */
  readonly operation: string;
  readonly what: string;
  readonly call: (world: World) => Call | Promise<Call>;
  readonly givers: readonly Giver[];
}

const OFF = 'nobody while authentication is off';
const ADMINISTRATOR: readonly Giver[] = ['administrator'];
/** DUMB and GraphQL are open while authentication is off, the other dialects want a token still. */
const SYSTEM: readonly Giver[] = ['administrator', OFF];
const OWNERS: readonly Giver[] = ['administrator', 'owner of the tenant'];
const MANAGERS: readonly Giver[] = [...OWNERS, 'admin of the tenant'];
const PROJECT: readonly Giver[] = ['owner of the project'];

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** A mutation by its input. */
const graphql = (operation: string, input: object): Call => ({
  method: 'POST',
  path: '/graphql',
  body: {
    query: `mutation ($input: ${pascal(operation)}Input!) {
      ${operation}(input: $input) { __typename } }`,
    variables: { input },
  },
});

const mutation = (
  operation: string,
  what: string,
  givers: readonly Giver[],
  input: (world: World) => object | Promise<object>,
): RolePath => ({
  operation,
  what,
  givers,
  call: async (world) => graphql(operation, await input(world)),
});

const rest = (
  operation: string,
  method: string,
  route: string,
  givers: readonly Giver[],
  request: (
    world: World,
  ) => { path?: string; body: object } | Promise<{ path?: string; body: object }>,
): RolePath => ({
  operation,
  what: `${method} ${route}`,
  givers,
  call: async (world) => {
    const { path = route, body } = await request(world);
    return { method, path: `/compat${path}`, body };
  },
});

const named = () => ({ body: { username: ADMIN_NAME, password: PASSWORD, name: ADMIN_NAME } });
const HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$zEKZh8y8PqEZ0oYTR0VGYVvPqdFvFWL0FVBKqLFkLpU';

/** Every path that can end in a role above the lowest of its axis. */
export const ROLE_PATHS: readonly RolePath[] = [
  mutation('createUser', 'a system role', SYSTEM, ({ freshName }) => ({
    username: freshName(),
    password: PASSWORD,
    systemRole: 'ADMIN',
  })),
  mutation('createUser', 'a system role in a tenant', SYSTEM, ({ freshName, tenantId }) => ({
    username: freshName(),
    password: PASSWORD,
    systemRole: 'ADMIN',
    tenantId,
  })),
  mutation('createUser', 'the name of the administrator', SYSTEM, () => ({
    username: ADMIN_NAME,
    password: PASSWORD,
  })),
  mutation('createUser', 'that name in a tenant', SYSTEM, ({ tenantId }) => ({
    username: ADMIN_NAME,
    password: PASSWORD,
    tenantId,
  })),
  mutation('createUser', 'the role of an owner', [...OWNERS, OFF], ({ freshName, tenantId }) => ({
    username: freshName(),
    password: PASSWORD,
    tenantId,
    tenantRole: 'OWNER',
  })),
  mutation('createUser', 'the role of an admin', [...MANAGERS, OFF], ({ freshName, tenantId }) => ({
    username: freshName(),
    password: PASSWORD,
    tenantId,
    tenantRole: 'ADMIN',
  })),
  mutation('saveUsers', 'a new account', SYSTEM, ({ freshName }) => ({
    users: [{ username: freshName(), password: PASSWORD, systemRole: 'ADMIN' }],
  })),
  mutation('saveUsers', 'an account that there is', SYSTEM, async (world) => ({
    users: [{ id: (await world.freshMember()).id, systemRole: 'ADMIN' }],
  })),
  mutation('saveUsers', 'the name of the administrator', SYSTEM, () => ({
    users: [{ username: ADMIN_NAME, password: PASSWORD }],
  })),
  mutation('importUsers', 'the name of the administrator', SYSTEM, () => ({
    users: [{ username: ADMIN_NAME, passwordHash: HASH }],
  })),
  mutation('importUsers', 'that name into a tenant', SYSTEM, ({ tenantId }) => ({
    users: [{ username: ADMIN_NAME, passwordHash: HASH }],
    tenantId,
  })),
  mutation('updateUser', 'a system role', SYSTEM, async (world) => ({
    id: (await world.freshMember()).id,
    systemRole: 'ADMIN',
  })),
  mutation('updateUser', 'the name of the administrator', [], async (world) => ({
    id: (await world.freshMember()).id,
    username: ADMIN_NAME,
  })),
  mutation('register', 'the name of the administrator', [], () => ({
    username: ADMIN_NAME,
    password: PASSWORD,
  })),
  mutation('setup', 'the first user once more', [], ({ freshName }) => ({
    username: freshName(),
    password: PASSWORD,
  })),
  mutation('updateTenantMember', 'the role of an owner', [...OWNERS, OFF], async (world) => ({
    tenantId: world.tenantId,
    userId: (await world.freshMember()).id,
    role: 'OWNER',
  })),
  mutation('updateTenantMember', 'the role of an admin', [...MANAGERS, OFF], async (world) => ({
    tenantId: world.tenantId,
    userId: (await world.freshMember()).id,
    role: 'ADMIN',
  })),
  mutation('inviteTenantMember', 'the role of an owner', OWNERS, ({ freshName, tenantId }) => ({
    tenantId,
    email: `${freshName()}@example.com`,
    role: 'OWNER',
  })),
  mutation('inviteTenantMember', 'the role of an admin', MANAGERS, ({ freshName, tenantId }) => ({
    tenantId,
    email: `${freshName()}@example.com`,
    role: 'ADMIN',
  })),
  mutation('addProjectMember', 'the role of an editor', PROJECT, async (world) => ({
    projectId: world.projectId,
    userId: (await world.freshMember()).id,
    role: 'EDITOR',
  })),
  mutation('updateProjectMember', 'the role of an editor', PROJECT, (world) => ({
    projectId: world.projectId,
    userId: world.idOf('projectViewer'),
    role: 'EDITOR',
  })),
  mutation('transferProject', 'the role of the owner', MANAGERS, (world) => ({
    projectId: world.projectId,
    userId: world.idOf('projectViewer'),
  })),
  rest('createUser.byName', 'POST', '/dumb/api/auth/users', SYSTEM, named),
  rest('createUser.byName', 'POST', '/union/api/auth/users', SYSTEM, named),
  rest('createUser.signedIn', 'POST', '/qdash/auth/register', ADMINISTRATOR, named),
  rest('setup.first', 'POST', '/dumb/api/auth/setup', [], named),
  rest('createFirstUser', 'POST', '/quazzar-os/api/auth/setup', [], named),
  rest('setup', 'POST', '/union/api/auth/setup', [], named),
  rest('saveUsers', 'POST', '/dukatia/api/v1/users', ADMINISTRATOR, ({ freshName }) => ({
    body: [{ name: freshName(), secret: PASSWORD, superuser: true }],
  })),
  rest('saveUsers', 'PUT', '/dukatia/api/v1/users/:id', ADMINISTRATOR, async (world) => ({
    path: `/dukatia/api/v1/users/${(await world.freshMember()).id}`,
    body: { superuser: true },
  })),
  rest('addProjectMember', 'POST', '/qdash/projects/:id/members', PROJECT, async (world) => ({
    path: `/qdash/projects/${world.projectId}/members`,
    body: { username: (await world.freshMember()).username, role: 'editor' },
  })),
  rest(
    'updateProjectMember',
    'PATCH',
    '/qdash/projects/:id/members/:username',
    PROJECT,
    (world) => ({
      path: `/qdash/projects/${world.projectId}/members/projectViewer`,
      body: { role: 'editor' },
    }),
  ),
  rest('transferProject', 'POST', '/qdash/projects/:id/transfer', MANAGERS, (world) => ({
    path: `/qdash/projects/${world.projectId}/transfer`,
    body: { new_owner_username: 'projectViewer' },
  })),
];

/**
 * Operations that write roles by a rule of the server's own, or the lowest one: what comes with an account
 * or a project, and what passes on to whoever comes next.
 */
export const BY_RULE: ReadonlySet<string> = new Set([
  'acceptTenantInvitation',
  'createProject',
  'deleteProject',
  'deleteUser',
  'deleteUser.byName',
  'registerByInvitation',
  'removeProjectMember',
  'removeTenantMember',
  'signup',
]);
