import type { ProjectMemberRow } from '../../../features/projects/store.ts';
import type { SessionRow } from '../../../features/sessions/store.ts';
import type { UserRow } from '../../../features/users/store.ts';
import type { Page } from '../../../core/page.ts';

// What the documents show stands in the place of what varies.

export const THEN = new Date('2025-01-15T10:30:00Z');
export const LATER = new Date('2025-04-15T10:30:00Z');
export const ID = '6b875d6c-7d4e-4ae3-931f-270604df1d7f';
export const OTHER_ID = 'cdf8a7b5-4758-48b0-806e-63df6744e48d';
const JWT = 'eyJhbGciOiJIUzI1NiIs...';
const OPAQUE =
  '9aa1cd4df27bd44b71de575c82968f876c296cd7e451c8633ebd8c64b0dfffaabcdd13891fa1b0c7a8ead6690e9fdfb422a636e5a282727936465db8641ba8bf';

export const user: UserRow = {
  id: ID,
  username: 'admin',
  usernameKey: 'admin',
  email: 'jane@example.com',
  emailKey: 'jane@example.com',
  handleKey: 'admin',
  name: 'Jane Doe',
  nameKey: 'jane doe',
  passwordHash: null,
  systemRole: 'USER',
  disabled: false,
  emailVerifiedAt: THEN,
  mustChangePassword: false,
  lastLoginAt: THEN,
  totpEnabledAt: THEN,
  defaultProjectId: OTHER_ID,
  referrerId: OTHER_ID,
  createdAt: THEN,
  updatedAt: THEN,
};
/** Somebody of whom less is known. */
export const newcomer: UserRow = {
  ...user,
  lastLoginAt: null,
  totpEnabledAt: null,
  defaultProjectId: null,
  referrerId: null,
};

export const session: SessionRow = {
  id: OTHER_ID,
  userId: ID,
  generation: 0,
  rotatedAt: THEN,
  usedGeneration: 0,
  amr: 'pwd',
  authenticatedAt: THEN,
  userAgent: null,
  ipAddress: null,
  createdAt: THEN,
  lastSeenAt: THEN,
  expiresAt: LATER,
  revokedAt: null,
  opaqueTokenHash: null,
};

const payloadOf = (person: UserRow) =>
  ({
    accessToken: JWT,
    refreshToken: JWT,
    tokenType: 'Bearer',
    expiresIn: 3600,
    user: person,
    actor: { kind: 'user', user: person, session, expiresAt: LATER },
  }) as const;
export const payload = payloadOf(user);
export const payloads = [payload, payloadOf(newcomer)] as const;
export const challenge = { state: 'TotpChallenge', challengeToken: JWT, expiresIn: 300 } as const;
export const cookie = { token: OPAQUE, user, firstLogin: true };
export const changed = { user, revokedSessions: 0, revokedApiKeys: 0 };

export const apiKey = {
  id: ID,
  userId: ID,
  name: 'CI Pipeline Key',
  keyHash: '',
  hint: 'qzr_abc1',
  scopes: null,
  createdAt: THEN,
  expiresAt: LATER,
  lastUsedAt: null,
  revokedAt: null,
  replacedById: null,
};
export const endlessKey = { ...apiKey, expiresAt: null };
export const key = 'qzr_abc123def456...';

export const userToken = {
  id: OTHER_ID,
  userId: ID,
  token: 'Xy7kQ2mPaB',
  createdAt: THEN,
  expiresAt: LATER,
};

export const member: ProjectMemberRow = {
  userId: ID,
  username: 'newuser',
  name: 'New User',
  role: 'EDITOR',
  joinedAt: THEN,
};
export const owner: ProjectMemberRow = {
  ...member,
  username: 'admin',
  name: 'Jane Doe',
  role: 'OWNER',
};
export const sampleProject = {
  id: OTHER_ID,
  tenantId: ID,
  name: 'Chip 64Q',
  description: 'Calibration of the second chip',
  createdAt: THEN,
  updatedAt: THEN,
  owner,
};
export const withMember = { project: sampleProject, member };
export const status = {
  enabled: true,
  hasUsers: true,
  setupSkipped: false,
  selfRegistration: true,
  setupTokenRequired: false,
};

export const pageOf = <T>(...nodes: readonly T[]): Page<T> => ({
  edges: nodes.map((node) => ({ node, cursor: '' })),
  hasNextPage: false,
  hasPreviousPage: false,
});
