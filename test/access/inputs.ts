import type { ActorName, World } from './world.ts';

type Input = (world: World, actor: ActorName) => object | Promise<object>;

const PASSWORD = 'wrong horse battery';
const input = (fields: object) => ({ input: fields });

/**
 * What each field and route is called with: valid, for a body that is not never reaches the question
 * who may. What a call uses up is made for it.
 */
const INPUTS: Readonly<Record<string, Input>> = {
  node: ({ projectId }) => ({ id: projectId }),
  nodes: ({ projectId }) => ({ ids: [projectId] }),
  project: ({ projectId }) => ({ id: projectId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  user: async (world) => ({ id: (await world.freshMember()).id }),
  verifyUserToken: () => ({ token: 'none' }),
  users: ({ tenantId }) => ({ filter: { tenantId } }),
  verifyToken: () => ({ token: 'none' }),

  acceptTenantInvitation: () => input({ invitationToken: 'none' }),
  addProjectMember: async (world) =>
    input({
      projectId: await world.freshProject(),
      userId: (await world.freshMember()).id,
      role: 'VIEWER',
    }),
  changeEmail: ({ freshName }) => input({ email: `${freshName()}@example.com` }),
  changePassword: () => input({ currentPassword: 'no', newPassword: 'also no' }),
  completeLogin: () => input({ challengeToken: 'none', code: '000000' }),
  completePasswordReset: () => input({ token: 'none', password: PASSWORD }),
  confirmTotp: () => input({ code: '000000' }),
  createApiKey: ({ freshName }) => input({ name: freshName() }),
  createProject: ({ tenantId, idOf }) =>
    input({ tenantId, name: 'another', ownerId: idOf('tenantMember') }),
  createUser: ({ tenantId, freshName }) =>
    input({ tenantId, username: freshName(), password: 'correct horse battery' }),
  deleteProject: async (world) => input({ id: await world.freshProject() }),
  deleteUser: async (world) => input({ id: (await world.freshMember()).id }),
  importUsers: () => input({ users: [{ username: 'imported' }], dryRun: true }),
  inviteTenantMember: ({ tenantId, freshName }) =>
    input({ tenantId, email: `${freshName()}@example.com`, role: 'MEMBER' }),
  login: () => input({ username: 'nobody', password: PASSWORD }),
  reauthenticate: () => input({ password: PASSWORD }),
  refresh: () => input({ refreshToken: 'none' }),
  register: () => input({ username: 'nobody', password: 'short' }),
  registerByInvitation: () =>
    input({ invitationToken: 'none', username: 'nobody', password: PASSWORD }),
  removeProjectMember: async (world) =>
    input({ projectId: await world.freshProject(), userId: world.idOf('projectViewer') }),
  removeTenantMember: async (world) =>
    input({ tenantId: world.tenantId, userId: (await world.freshMember()).id }),
  requestPasswordReset: () => input({ email: 'nobody@example.com' }),
  resetPassword: async (world) =>
    input({ id: (await world.freshMember()).id, newPassword: PASSWORD }),
  resetTotp: async (world) => input({ userId: (await world.freshMember()).id }),
  revokeApiKey: () => input({ id: 'none' }),
  revokeSession: () => input({ id: 'none' }),
  revokeTenantInvitation: ({ tenantId }) => input({ tenantId, invitationId: 'none' }),
  rotateApiKey: () => input({ id: 'none' }),
  saveUsers: ({ freshName }) =>
    input({ users: [{ username: freshName(), password: 'correct horse battery' }] }),
  setup: () => input({ username: 'second', password: 'correct horse battery' }),
  signup: () => input({ referrer: 'none', email: 'nobody@example.com', password: PASSWORD }),
  transferProject: async (world) =>
    input({ projectId: await world.freshProject(), userId: world.idOf('projectEditor') }),
  updateProfile: () => input({ name: 'Anew' }),
  updateProject: ({ projectId }) => input({ id: projectId, name: 'anew' }),
  updateProjectMember: async (world) =>
    input({
      projectId: await world.freshProject(),
      userId: world.idOf('projectViewer'),
      role: 'EDITOR',
    }),
  updateTenant: ({ tenantId }) => input({ tenantId, name: 'the tenant' }),
  updateTenantMember: async (world) =>
    input({ tenantId: world.tenantId, userId: (await world.freshMember()).id, role: 'MEMBER' }),
  updateUser: async (world) => input({ id: (await world.freshMember()).id, name: 'Anew' }),
  verifyEmailOtp: () => input({ token: 'none', otp: '000000' }),

  'dumb POST /api/auth/login': () => ({ username: 'nobody', password: PASSWORD }),
  'dumb POST /api/auth/totp/verify': () => ({ temp_token: 'none', code: '000000' }),
  'dumb POST /api/auth/refresh': () => ({ refresh_token: 'none' }),
  'dumb POST /api/auth/verify': () => ({ token: 'none' }),
  'dumb POST /api/auth/setup': () => ({ username: 'second', password: PASSWORD }),
  'dumb POST /api/auth/users': ({ freshName }) => ({
    username: freshName(),
    password: 'correct horse battery',
  }),
  'dumb PUT /api/auth/users/:username': async (world) => ({
    params: { username: (await world.freshMember()).username },
    disabled: true,
  }),
  'dumb DELETE /api/auth/users/:username': async (world) => ({
    params: { username: (await world.freshMember()).username },
  }),
  'qdash POST /auth/login': () => ({ form: true, username: 'nobody', password: PASSWORD }),
  'qdash POST /auth/totp/verify': () => ({ temp_token: 'none', code: '000000' }),
  'qdash POST /auth/register': ({ freshName }) => ({ username: freshName(), password: PASSWORD }),
  'qdash PATCH /auth/me': () => ({ display_name: 'Anew' }),
  'qdash POST /auth/change-password': () => ({ current_password: 'no', new_password: 'also no' }),
  'qdash POST /auth/reset-password': async (world) => ({
    username: (await world.freshMember()).username,
    new_password: PASSWORD,
  }),
  'qdash POST /projects': () => ({ name: 'another' }),
  'qdash GET /projects/:id': ({ projectId }) => ({ params: { id: projectId } }),
  'qdash PATCH /projects/:id': ({ projectId }) => ({ params: { id: projectId }, name: 'anew' }),
  'qdash DELETE /projects/:id': async (world) => ({ params: { id: await world.freshProject() } }),
  'qdash GET /projects/:id/members': ({ projectId }) => ({ params: { id: projectId } }),
  'qdash POST /projects/:id/members': async (world) => ({
    params: { id: await world.freshProject() },
    username: (await world.freshMember()).username,
    role: 'viewer',
  }),
  'qdash PATCH /projects/:id/members/:username': async (world) => ({
    params: { id: await world.freshProject(), username: 'projectViewer' },
    role: 'editor',
  }),
  'qdash DELETE /projects/:id/members/:username': async (world) => ({
    params: { id: await world.freshProject(), username: 'projectViewer' },
  }),
  'qdash POST /projects/:id/transfer': async (world) => ({
    params: { id: await world.freshProject() },
    new_owner_username: 'projectEditor',
  }),

  'lncrawl POST /api/auth/login': () => ({ email: 'no@example.com', password: PASSWORD }),
  'lncrawl POST /api/auth/totp/verify': () => ({ temp_token: 'none', code: '000000' }),
  'lncrawl POST /api/auth/signup': () => ({
    referrer: 'none',
    email: 'no@example.com',
    password: 'short',
  }),
  'lncrawl PUT /api/auth/me/name': () => ({ name: 'Anew' }),
  'lncrawl PUT /api/auth/me/password': () => ({ old_password: 'no', new_password: 'also no' }),
  'lncrawl POST /api/auth/send-password-reset-link': () => ({ email: 'no@example.com' }),
  'lncrawl POST /api/auth/verify-otp': () => ({ form: true, otp: '000000', token: 'none' }),
  'lncrawl POST /api/auth/reset-password-with-token': () => ({ password: PASSWORD }),
  'quazzar-os POST /api/auth/setup': () => ({ username: 'second', password: PASSWORD }),
  'quazzar-os POST /api/auth/login': () => ({ username: 'nobody', password: PASSWORD }),
  'quazzar-os POST /api/auth/totp/verify': () => ({ code: '000000' }),
  'quazzar-os POST /api/auth/refresh': () => ({ refresh_token: 'none' }),
  'quazzar-os POST /api/auth/change-password': () => ({
    current_password: 'no',
    new_password: 'also no',
  }),
  'quazzar-os POST /api/keys': ({ freshName }) => ({ name: freshName() }),
  'quazzar-panel POST /api/auth/register': () => ({ email: 'no@example.com', password: 'short' }),
  'quazzar-panel POST /api/auth/login': () => ({ email: 'no@example.com', password: PASSWORD }),
  'quazzar-panel POST /api/auth/totp/verify': () => ({ code: '000000' }),
  'quazzar-panel POST /api/auth/refresh': () => ({ refresh_token: 'none' }),
  'quazzar-panel PUT /api/auth/profile': () => ({ name: 'Anew' }),
  'quazzar-panel POST /api/auth/change-password': () => ({
    current_password: 'no',
    new_password: 'also no',
  }),
  'union POST /api/auth/setup': () => ({ username: 'second', password: PASSWORD }),
  'union POST /api/auth/login': () => ({ email: 'no@example.com', password: PASSWORD }),
  'union POST /api/auth/totp/verify': () => ({ code: '000000' }),
  'dukatia POST /api/v1/login': () => ({ name: 'nobody', secret: PASSWORD }),
  'dukatia POST /api/v1/users': ({ freshName }) => ({
    name: freshName(),
    secret: 'correct horse battery',
  }),
  'dukatia PUT /api/v1/users/:id': async (world) => ({
    params: { id: (await world.freshMember()).id },
    name: world.freshName(),
  }),
  'dukatia PUT /api/v1/users/me/secret': () => ({ old_secret: 'no', new_secret: 'also no' }),
  'dukatia POST /api/v1/totp/verify': () => ({ temp_token: 'none', code: '000000' }),
};

/** The variables of a field or the body of a route, which may have `params` for its path and be a `form`. */
export async function inputOf(name: string, world: World, actor: ActorName): Promise<object> {
  return (await INPUTS[name]?.(world, actor)) ?? {};
}

interface Request {
  readonly document: string;
  readonly variables: object;
}

const ofTenant =
  (field: string) =>
  ({ tenantId: id }: World): Request => ({
    document: `query ($id: ID!) { tenant(id: $id) { ${field} { __typename } } }`,
    variables: { id },
  });

/** How to come to each field that asks for more than its type does. */
export const PATHS: Readonly<Record<string, (world: World) => Request>> = {
  'Project.members': ({ projectId: id }) => ({
    document: 'query ($id: ID!) { project(id: $id) { members { __typename } } }',
    variables: { id },
  }),
  'Tenant.invitations': ofTenant('invitations'),
  'Tenant.members': ofTenant('members'),
  'Tenant.projects': ofTenant('projects'),
};
