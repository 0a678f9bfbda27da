import type { z } from 'zod';
import type { ExpectedCode } from '../../../core/errors.ts';
import { allApiKeys, createApiKey, revokeApiKey } from '../../../features/api-keys/operations.ts';
import {
  logout,
  logoutIfSignedIn,
  refresh,
  register,
  verifyToken,
} from '../../../features/auth/operations.ts';
import { login, loginWithCookie } from '../../../features/sign-in/operations.ts';
import { dashboards } from '../../../features/dashboards/operations.ts';
import { sendEmailOtp, verifyEmailOtp } from '../../../features/email/operations.ts';
import {
  changePassword,
  completePasswordReset,
  meOrHolder,
  requestPasswordReset,
  resetPasswordTo,
} from '../../../features/passwords/operations.ts';
import { projectMembers, projects } from '../../../features/projects/list-operations.ts';
import {
  addProjectMember,
  removeProjectMember,
  transferProject,
  updateProjectMember,
} from '../../../features/projects/member-operations.ts';
import {
  createProject,
  deleteProject,
  project,
  updateProject,
} from '../../../features/projects/operations.ts';
import { ownSessions, revokeSession } from '../../../features/sessions/operations.ts';
import {
  createUserToken,
  signup,
  userTokens,
  verifyUserToken,
} from '../../../features/referrals/operations.ts';
import {
  authStatus,
  createFirstUser,
  disableAuth,
  enableAuth,
  loginWhileOn,
  setup,
  setupFirst,
  skipSetup,
} from '../../../features/setup/operations.ts';
import { homeTenant } from '../../../features/tenants/operations.ts';
import { enableTotp, verifyTotp } from '../../../features/totp/operations.ts';
import { completeLogin, completeLoginWithCookie } from '../../../features/sign-in/operations.ts';
import { createSignedInUser } from '../../../features/users/session-operations.ts';
import { me, updateProfile, userSlice } from '../../../features/users/operations.ts';
import {
  createUserByName,
  deleteUserByName,
  setUserDisabled,
} from '../../../features/users/username-operations.ts';
import { saveUsers } from '../../../features/users/batch-operations.ts';
import type { Operation } from '../../../core/operation.ts';
import type { Row } from '../dialect.ts';
import {
  THEN,
  LATER,
  ID,
  OTHER_ID,
  user,
  newcomer,
  payload,
  payloads,
  challenge,
  cookie,
  changed,
  apiKey,
  endlessKey,
  key,
  userToken,
  member,
  owner,
  sampleProject,
  withMember,
  status,
  pageOf,
  session,
} from './sample-values.ts';

type AnyOperation = Row['operation'];

const sample = <S extends z.ZodType, F extends ExpectedCode, R>(
  operation: Operation<S, F, R>,
  ...results: readonly R[]
): readonly [AnyOperation, readonly unknown[]] => [operation, results];

const SAMPLES: ReadonlyMap<AnyOperation, readonly unknown[]> = new Map([
  sample(addProjectMember, withMember),
  sample(allApiKeys, [apiKey], [endlessKey]),
  sample(authStatus, status),
  sample(changePassword, changed),
  sample(completeLogin, ...payloads),
  sample(completeLoginWithCookie, cookie),
  sample(completePasswordReset, { revokedSessions: 0, revokedApiKeys: 0 }),
  sample(createApiKey, { apiKey, key }, { apiKey: endlessKey, key }),
  sample(createFirstUser, user),
  sample(createUserByName, { user }),
  sample(createProject, { project: sampleProject }),
  sample(createSignedInUser, ...payloads),
  sample(createUserToken, { userToken }),
  sample(dashboards, [
    {
      id: OTHER_ID,
      userId: ID,
      name: 'Default',
      description: 'The default Dashboard',
      createdAt: THEN,
    },
  ]),
  sample(deleteUserByName, { userId: ID }),
  sample(deleteProject, { projectId: OTHER_ID }),
  sample(disableAuth, { status }),
  sample(enableAuth, { status }),
  sample(enableTotp, {
    provisioningUri: 'otpauth://totp/admin?secret=GEZDGNBVGY3TQOJQ',
    secret: 'GEZDGNBVGY3TQOJQ',
    qrCode: 'data:image/png;base64,iVBORw0KGgo...',
  }),
  sample(homeTenant, { tenantId: OTHER_ID }, { tenantId: null }),
  sample(login, ...payloads, challenge),
  sample(loginWhileOn, ...payloads, challenge),
  sample(loginWithCookie, cookie, challenge),
  sample(logout, { sessionId: OTHER_ID }),
  sample(logoutIfSignedIn, undefined),
  sample(me, user, newcomer),
  sample(meOrHolder, { user, isSignedIn: true }, { user: newcomer, isSignedIn: false }),
  sample(project, sampleProject),
  sample(projectMembers, pageOf(owner, member)),
  sample(projects, pageOf({ ...sampleProject, joinedAt: THEN })),
  sample(refresh, payload),
  sample(register, ...payloads),
  sample(removeProjectMember, { projectId: OTHER_ID, userId: ID }),
  sample(requestPasswordReset, { email: 'reader@example.com' }),
  sample(resetPasswordTo, changed),
  sample(revokeApiKey, { apiKeyId: ID }),
  sample(
    ownSessions,
    [{ ...session, current: true }],
    [{ ...session, userAgent: 'Mozilla/5.0', ipAddress: '203.0.113.7', current: false }],
  ),
  sample(revokeSession, { sessionId: ID }),
  sample(saveUsers, { users: [user] }),
  sample(sendEmailOtp, { token: 'v5Yt0lqJ8hWc', email: 'reader@example.com', expiresIn: 600 }),
  sample(setUserDisabled, { user: { ...user, disabled: true } }),
  sample(setup, ...payloads),
  sample(setupFirst, payload),
  sample(signup, ...payloads),
  sample(skipSetup, { status }),
  sample(transferProject, { project: sampleProject }),
  sample(updateProfile, { user }, { user: newcomer }),
  sample(updateProject, { project: sampleProject }),
  sample(updateProjectMember, withMember),
  sample(userSlice, { users: [user], total: 1 }, { users: [newcomer], total: 1 }),
  sample(userTokens, pageOf(userToken)),
  sample(verifyEmailOtp, { email: 'reader@example.com' }),
  sample(
    verifyToken,
    { valid: true, username: 'admin', expiresAt: LATER },
    {
      valid: false,
      username: null,
      expiresAt: null,
    },
  ),
  sample(verifyTotp, ...payloads, {
    ...changed,
    recoveryCodes: ['7c4k-9xq2-m3vt', 'p8rd-2hyw-6bnz'],
  }),
  sample(verifyUserToken, true, false),
]);

/**
 * Results that an operation may have, to show how they read: the usual one first, then those that
 * read differently.
 * @throws where somebody has yet to say what a new operation answers
 */
export function samplesOf(operation: AnyOperation): readonly unknown[] {
  const samples = SAMPLES.get(operation);
  if (!samples) throw new Error(`${operation.name} has no sample`);
  return samples;
}
