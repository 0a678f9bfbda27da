import type { AppError } from '../../../core/errors.ts';
import { logoutIfSignedIn } from '../../../features/auth/operations.ts';
import { login } from '../../../features/sign-in/operations.ts';
import { changePassword, resetPasswordTo } from '../../../features/passwords/operations.ts';
import type { AuthPayload } from '../../../features/sign-in/begin-session.ts';
import { completeLogin } from '../../../features/sign-in/operations.ts';
import { createSignedInUser } from '../../../features/users/session-operations.ts';
import { me, updateProfile, userSlice } from '../../../features/users/operations.ts';
import { type Asked, type Reply, row } from '../dialect.ts';
import { fastApi, faultOf, type Said, type Sayings, secondFactorWanted } from '../fastapi.ts';
import { as, from } from '../fields.ts';
import { jsonBody } from '../request.ts';
import { accessDenied, PROJECT_ROWS } from './qdash-projects.ts';
import { TICKET, TOTP_ANSWER } from '../sign-in.ts';

interface Person {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly name: string;
  readonly disabled: boolean;
  readonly defaultProjectId: string | null;
  readonly systemRole: string;
  readonly mustChangePassword: boolean;
}

const user = (person: Person) => ({
  username: person.username ?? person.email,
  full_name: person.name,
  display_name: person.name,
  user_id: person.id,
  disabled: person.disabled,
  default_project_id: person.defaultProjectId,
  system_role: person.systemRole.toLowerCase(),
  must_change_password: person.mustChangePassword,
});

const ok = (body: object): Reply => ({ status: 200, body });

function signedIn({ accessToken, user: person }: AuthPayload): Reply {
  const { username, default_project_id, user_id, must_change_password } = user(person);
  return ok({
    access_token: accessToken,
    token_type: 'bearer',
    username,
    default_project_id,
    user_id,
    must_change_password,
  });
}

const CREDENTIALS = { username: 'username', password: 'password' };

/** Whose rights are missing, by what they asked for. */
const ADMINISTRATORS_ONLY: Readonly<Record<string, string>> = {
  '/auth/register': 'Only administrators can create new users',
  '/auth/reset-password': 'Only administrators can reset user passwords',
};

const NO_SUCH_USER = (_error: AppError, asked: Asked): Said => ({
  status: 404,
  text: `User '${nameIn(asked)}' not found`,
});

const DISABLED = { status: 403, text: 'User account is disabled' };

const SAYINGS: Sayings = {
  UNAUTHENTICATED: (_error, asked) => {
    const fault = faultOf(asked);
    if (fault === 'ACCOUNT_DISABLED') return DISABLED;
    if (fault !== undefined) return { text: 'Invalid access token' };
    return { text: 'Authorization header with Bearer token is required' };
  },
  ACCOUNT_DISABLED: DISABLED,
  INVALID_CREDENTIALS: { text: 'Incorrect username or password' },
  USERNAME_TAKEN: { status: 400, text: 'Username already registered' },
  WRONG_PASSWORD: { status: 400, text: 'Current password is incorrect' },
  // As text: its clients show nothing else.
  PASSWORD_REFUSED: ({ message }) => ({ status: 400, text: message }),
  FORBIDDEN: (error, asked) => {
    const text = ADMINISTRATORS_ONLY[asked.row?.path ?? ''];
    return text === undefined ? accessDenied(error, asked) : { text };
  },
  USER_NOT_FOUND: NO_SUCH_USER,
  MEMBER_NOT_FOUND: NO_SUCH_USER,
  PROJECT_NOT_FOUND: (_error, { request }) => ({
    text: `Project '${request?.params['id'] ?? ''}' not found`,
  }),
};

/** Whom a request was about, as it said. */
function nameIn({ request }: Asked): string {
  if (!request) return '';
  const { username = jsonBody(request)['username'] } = request.params;
  return typeof username === 'string' ? username : '';
}

/** QDash: FastAPI's errors, a form to sign in with, projects with roles of their own. */
export const qdash = fastApi({
  name: 'qdash',
  title: 'QDash',
  about: 'Sign-in with a form, FastAPI errors, and projects with roles of their own.',
  sayings: SAYINGS,
  rows: [
    row({
      method: 'POST',
      path: '/auth/login',
      operation: login,
      input: from({ form: CREDENTIALS }),
      example: { username: 'your_username', password: 'your_password' },
      reply: (result) =>
        'state' in result
          ? secondFactorWanted(result.challengeToken, '/auth/totp/verify')
          : signedIn(result),
    }),
    row({
      method: 'POST',
      path: '/auth/totp/verify',
      operation: completeLogin,
      input: TOTP_ANSWER,
      example: TICKET,
      reply: signedIn,
    }),
    row({
      method: 'POST',
      path: '/auth/register',
      operation: createSignedInUser,
      input: from({
        json: {
          ...CREDENTIALS,
          full_name: 'name',
          display_name: 'name',
          create_default_project: 'createDefaultProject',
        },
      }),
      example: { username: 'newuser', password: 'secure_password', full_name: 'New User' },
      reply: ({ accessToken, user: made }) => ok({ ...user(made), access_token: accessToken }),
    }),
    row({ method: 'GET', path: '/auth/me', operation: me, reply: (result) => ok(user(result)) }),
    row({
      method: 'PATCH',
      path: '/auth/me',
      operation: updateProfile,
      input: from({ json: { display_name: 'name', full_name: 'name' } }),
      example: { display_name: 'Your Name' },
      reply: (result) => ok(user(result.user)),
    }),
    row({
      method: 'POST',
      path: '/auth/logout',
      operation: logoutIfSignedIn,
      signIn: 'optional',
      reply: () => ok({ message: 'Successfully logged out' }),
    }),
    row({
      method: 'POST',
      path: '/auth/change-password',
      operation: changePassword,
      input: from({ json: { current_password: 'currentPassword', new_password: 'newPassword' } }),
      example: { current_password: 'old_password', new_password: 'new_secure_password' },
      reply: () => ok({ message: 'Password changed successfully' }),
    }),
    row({
      method: 'POST',
      path: '/auth/reset-password',
      operation: resetPasswordTo,
      input: from({ json: { username: 'login', new_password: 'newPassword' } }),
      example: { username: 'target_user', new_password: 'new_secure_password' },
      reply: (_result, request) =>
        ok({
          message: `Password reset successfully for user '${String(jsonBody(request)['username'])}'`,
        }),
    }),
    row({
      method: 'GET',
      path: '/admin/users',
      operation: userSlice,
      input: from({ query: { skip: as('skip', numberOf), limit: as('limit', numberOf) } }),
      example: { skip: 0, limit: 10 },
      reply: ({ users, total }) => ok({ users: users.map(user), total }),
    }),
    ...PROJECT_ROWS,
  ],
});

/** A number as a query has it; what is none is left for the operation to refuse. */
function numberOf(text: unknown): unknown {
  return /^-?\d+$/.test(String(text)) ? Number(text) : text;
}
