import { administrators, inProject, inTenant, open, type Row, signedIn } from './verdicts.ts';

/** Who looks after a tenant. */
const managers = inTenant('tenantAdmin', 'tenantOwner');
const owners = inProject('projectOwner');
const members = inProject('projectViewer', 'projectEditor', 'projectOwner');
/** Accounts: whoever looks after a tenant sees those of it, nobody else anyone's. */
const seenByThem: Row = {
  ...managers,
  tenantMember: '404',
  projectViewer: '404',
  projectEditor: '404',
  projectOwner: '404',
};

/**
 * Who may. A root field, a field that asks for more than its type does, or a route without a row here
 * fails the test.
 */
export const EXPECTED: Readonly<Record<string, Row>> = {
  'Query.authStatus': open,
  'Query.me': signedIn,
  'Query.node': members,
  'Query.nodes': members,
  'Query.project': members,
  'Query.projects': signedIn,
  'Query.sessions': signedIn,
  'Query.tenant': inTenant('all'),
  'Query.user': seenByThem,
  'Query.users': managers,
  'Mutation.acceptTenantInvitation': signedIn,
  'Mutation.addProjectMember': owners,
  'Mutation.changePassword': signedIn,
  'Mutation.completeLogin': open,
  'Mutation.completePasswordReset': open,
  'Mutation.confirmTotp': signedIn,
  'Mutation.createProject': managers,
  'Mutation.createUser': managers,
  'Mutation.deleteProject': owners,
  'Mutation.deleteUser': managers,
  'Mutation.disableTotp': signedIn,
  'Mutation.enableTotp': signedIn,
  'Mutation.importUsers': administrators,
  'Mutation.inviteTenantMember': managers,
  'Mutation.login': open,
  'Mutation.logout': signedIn,
  'Mutation.reauthenticate': signedIn,
  'Mutation.refresh': open,
  'Mutation.regenerateRecoveryCodes': signedIn,
  'Mutation.register': open,
  'Mutation.registerByInvitation': open,
  // The viewer is who is removed, and leaves.
  'Mutation.removeProjectMember': { ...owners, projectViewer: 'in' },
  'Mutation.removeTenantMember': managers,
  'Mutation.requestPasswordReset': open,
  'Mutation.resetPassword': administrators,
  'Mutation.resetTotp': administrators,
  'Mutation.revokeOtherSessions': signedIn,
  'Mutation.revokeSession': signedIn,
  'Mutation.revokeTenantInvitation': managers,
  'Mutation.setup': open,
  'Mutation.transferProject': inProject('systemAdmin', 'tenantAdmin', 'tenantOwner'),
  'Mutation.updateProfile': signedIn,
  'Mutation.updateProject': owners,
  'Mutation.updateProjectMember': owners,
  'Mutation.updateTenant': inTenant('tenantOwner'),
  'Mutation.updateTenantMember': managers,
  'Mutation.updateUser': managers,
  'Subscription.sessionRevoked': signedIn,
  'Project.members': members,
  'Tenant.invitations': managers,
  'Tenant.members': managers,
  'Tenant.projects': managers,
  'quazzar-os POST /api/auth/setup': open,
  'quazzar-os POST /api/auth/login': open,
  'quazzar-os POST /api/auth/totp/verify': signedIn,
  'quazzar-os POST /api/auth/totp/enable': signedIn,
  'quazzar-os POST /api/auth/refresh': open,
  'quazzar-os GET /api/auth/me': signedIn,
  'quazzar-os POST /api/auth/change-password': signedIn,
  'dukatia POST /api/v1/login': open,
  'dukatia POST /api/v1/totp/verify': open,
  'dukatia POST /api/v1/logout': signedIn,
  'dukatia POST /api/v1/users/me': signedIn,
  'dukatia GET /api/v1/users/me': signedIn,
};
