import type { AppError } from '../../../core/errors.ts';
import { refresh } from '../../../features/auth/operations.ts';
import { verifyToken } from '../../../features/auth/operations.ts';
import type { AuthPayload } from '../../../features/sign-in/begin-session.ts';
import {
  authStatus,
  disableAuth,
  enableAuth,
  loginWhileOn,
  setupFirst,
  skipSetup,
} from '../../../features/setup/operations.ts';
import { completeLogin } from '../../../features/sign-in/operations.ts';
import { userSlice } from '../../../features/users/operations.ts';
import {
  createUserByName,
  deleteUserByName,
  setUserDisabled,
} from '../../../features/users/username-operations.ts';
import { type Asked, type Dialect, type Reply, row } from '../dialect.ts';
import { fastApi, faultOf, type Said, type Sayings, secondFactorWanted } from '../fastapi.ts';
import { from } from '../fields.ts';
import { bearerPair, TICKET, TOTP_ANSWER } from '../sign-in.ts';

interface Person {
  readonly username: string | null;
  readonly email: string | null;
  readonly disabled: boolean;
}

const user = ({ username, email, disabled }: Person) => ({
  username: username ?? email,
  disabled,
});

const ok = (body: object): Reply => ({ status: 200, body });
const pair = (payload: AuthPayload) => ok(bearerPair(payload));
const said = (message: string) => () => ok({ message });

const CREDENTIALS = { username: 'username', password: 'password' };
const ADMIN = { username: 'admin', password: 'yourpassword' };
const NAMED = { username: 'login' };

const DISABLED: Said = { status: 403, text: 'User account is disabled' };
const NO_REFRESH: Said = { text: 'Invalid or expired refresh token' };

/** What cannot be done, to an account that is changed or deleted. */
const cannot = (whose: string) => (_error: AppError, asked: Asked) => ({
  text: `Cannot ${asked.row?.method === 'DELETE' ? 'delete' : 'disable'} ${whose}`,
});

const SAYINGS: Sayings = {
  UNAUTHENTICATED: (_error, asked) => {
    const fault = faultOf(asked);
    if (fault === 'ACCOUNT_DISABLED') return DISABLED;
    if (fault === 'TOKEN_EXPIRED') return { text: 'Token expired' };
    return { text: fault === undefined ? 'Not authenticated' : 'Invalid token' };
  },
  ACCOUNT_DISABLED: DISABLED,
  INVALID_CREDENTIALS: { text: 'Incorrect username or password' },
  AUTH_OFF: { text: 'Authentication is not enabled' },
  REFRESH_TOKEN_INVALID: NO_REFRESH,
  REFRESH_TOKEN_REUSED: NO_REFRESH,
  SETUP_DONE: { status: 400, text: 'Users already exist. Use the login endpoint instead.' },
  SETUP_REQUIRED: { status: 400, text: 'No users exist - create a user first' },
  USERNAME_TAKEN: { status: 400, text: 'Username already exists' },
  USER_NOT_FOUND: { text: 'User not found' },
  LAST_ADMIN: cannot('the last active user'),
  OWN_ACCOUNT: cannot('your own account'),
};

/**
 * DUMB: FastAPI's errors, accounts without roles, tokens whose subject is the username, and
 * authentication that can be turned off. Its documented statuses win over those of its source.
 */
export const dumb: Dialect = {
  tokenKind: 'named',
  isOpenWhileOff: true,
  ...fastApi({
    name: 'dumb',
    title: 'DUMB',
    about: 'Accounts without roles, a pair of tokens, and authentication that can be turned off.',
    sayings: SAYINGS,
    rows: [
      row({
        method: 'GET',
        path: '/api/auth/status',
        operation: authStatus,
        reply: ({ enabled, hasUsers, setupSkipped }) =>
          ok({
            enabled,
            has_users: hasUsers,
            setup_skipped: setupSkipped,
            mode: 'local',
            local_login_enabled: true,
            oidc_login_enabled: false,
            oidc_provider_name: '',
          }),
      }),
      row({
        method: 'POST',
        path: '/api/auth/login',
        operation: loginWhileOn,
        input: from({ json: CREDENTIALS }),
        example: ADMIN,
        reply: (result) =>
          'state' in result
            ? secondFactorWanted(result.challengeToken, '/api/auth/totp/verify')
            : pair(result),
      }),
      row({
        method: 'POST',
        path: '/api/auth/totp/verify',
        operation: completeLogin,
        input: TOTP_ANSWER,
        example: TICKET,
        reply: pair,
      }),
      row({
        method: 'POST',
        path: '/api/auth/refresh',
        operation: refresh,
        input: from({ json: { refresh_token: 'refreshToken' } }),
        example: { refresh_token: 'eyJhbGciOiJIUzI1NiIs...' },
        reply: pair,
      }),
      row({
        method: 'POST',
        path: '/api/auth/verify',
        operation: verifyToken,
        input: from({ json: { token: 'token' }, query: { token: 'token' } }),
        example: { token: 'eyJhbGciOiJIUzI1NiIs...' },
        reply: ({ valid, username }) => ok({ valid, username }),
      }),
      row({
        method: 'POST',
        path: '/api/auth/setup',
        operation: setupFirst,
        input: from({ json: CREDENTIALS }),
        example: ADMIN,
        reply: (result) => ok({ message: 'User created successfully', ...bearerPair(result) }),
      }),
      row({
        method: 'POST',
        path: '/api/auth/skip-setup',
        operation: skipSetup,
        reply: said('Setup skipped, authentication disabled'),
      }),
      row({
        method: 'POST',
        path: '/api/auth/enable',
        operation: enableAuth,
        reply: said('Authentication enabled'),
      }),
      row({
        method: 'POST',
        path: '/api/auth/disable',
        operation: disableAuth,
        reply: said('Authentication disabled'),
      }),
      row({
        method: 'GET',
        path: '/api/auth/users',
        operation: userSlice,
        reply: ({ users }) => ok({ users: users.map(user) }),
      }),
      row({
        method: 'POST',
        path: '/api/auth/users',
        operation: createUserByName,
        input: from({ json: CREDENTIALS }),
        example: { username: 'newuser', password: 'userpassword' },
        reply: (result) => ok({ message: 'User created successfully', ...user(result.user) }),
      }),
      row({
        method: 'PUT',
        path: '/api/auth/users/:username',
        operation: setUserDisabled,
        input: from({ path: NAMED, json: { disabled: 'disabled' } }),
        example: { username: 'readonly', disabled: true },
        reply: (result) => ok({ message: 'User updated successfully', ...user(result.user) }),
      }),
      row({
        method: 'DELETE',
        path: '/api/auth/users/:username',
        operation: deleteUserByName,
        input: from({ path: NAMED }),
        example: { username: 'readonly' },
        reply: said('User deleted successfully'),
      }),
    ],
  }),
};
