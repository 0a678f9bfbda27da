import type { Freshness } from '../../../src/access/fresh.ts';

/** What an operation asks of whoever changes with it how anybody signs in, or what they may. */
export type StepUp =
  | Freshness
  /** For some inputs, which the operation names (`scopes.freshFor`). */
  | 'partly'
  | { readonly never: string };

const FIRST = { never: 'there is nobody who could have signed in' } as const;
const PROVEN = { never: 'the token of a mail, good once, shows who it is' } as const;

/**
 * Every operation that changes how anybody signs in or what they may. A test finds those that do and are
 * not here.
 */
export const STEP_UP: Readonly<Record<string, StepUp>> = {
  acceptTenantInvitation: PROVEN,
  addProjectMember: 'partly',
  changeEmail: 'session',
  changePassword: 'password',
  completePasswordReset: PROVEN,
  confirmTotp: 'session',
  createApiKey: 'session',
  createFirstUser: FIRST,
  createUser: 'partly',
  'createUser.byName': 'partly',
  'createUser.signedIn': 'partly',
  deleteUser: 'unlessKey',
  'deleteUser.byName': 'unlessKey',
  disableAuth: 'session',
  disableTotp: 'session',
  enableAuth: { never: 'it lets nobody in: from then on everybody signs in' },
  enableTotp: 'session',
  importUsers: 'unlessKey',
  inviteTenantMember: 'partly',
  regenerateRecoveryCodes: 'session',
  registerByInvitation: PROVEN,
  removeProjectMember: 'partly',
  removeTenantMember: 'partly',
  resetPassword: 'session',
  'resetPassword.to': 'session',
  resetTotp: 'session',
  revokeApiKey: { never: 'it ends a way in, which must not wait' },
  rotateApiKey: 'session',
  saveUsers: 'session',
  setup: FIRST,
  'setup.first': FIRST,
  skipSetup: FIRST,
  transferProject: 'session',
  updateProjectMember: 'session',
  updateTenantMember: 'session',
  updateUser: 'partly',
  'updateUser.disabled': 'partly',
  verifyEmailOtp: PROVEN,
  verifyTotp: { never: 'it asks `confirmTotp`, which asks for it' },
};
