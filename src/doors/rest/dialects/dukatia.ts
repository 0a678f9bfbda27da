import type { AppError, ErrorCode } from '../../../core/errors.ts';
import { logout } from '../../../features/auth/operations.ts';
import { loginWithCookie } from '../../../features/sign-in/operations.ts';
import type { CookieSignIn } from '../../../features/sign-in/begin-session.ts';
import { completeLoginWithCookie } from '../../../features/sign-in/operations.ts';
import { dashboards } from '../../../features/dashboards/operations.ts';
import type { DashboardRow } from '../../../features/dashboards/store.ts';
import { changePassword } from '../../../features/passwords/operations.ts';
import { me, userSlice } from '../../../features/users/operations.ts';
import { saveUsers } from '../../../features/users/batch-operations.ts';
import { sentenceOf, statusOf } from '../bodies.ts';
import { cookieHeader, expiredCookieHeader } from '../cookies.ts';
import { type Asked, type Dialect, type Reply, row } from '../dialect.ts';
import { as, from, namesOf, reading, renamed } from '../fields.ts';
import { jsonBody, jsonList, type RestRequest } from '../request.ts';
import { TICKET, TOTP_ANSWER } from '../sign-in.ts';

const COOKIE = 'access_token';

interface Person {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly systemRole: string;
  readonly disabled: boolean;
  readonly lastLoginAt: Date | null;
}

const user = (person: Person) => ({
  id: person.id,
  name: person.username ?? person.email,
  secret: null,
  encrypted_secret: null,
  superuser: person.systemRole === 'ADMIN',
  active: !person.disabled,
  last_logon: person.lastLoginAt,
});

const dashboard = ({ id, userId, name, description }: DashboardRow) => ({
  id,
  user_id: userId,
  name,
  description,
});

/** What a change answers: nothing, and that it is JSON. */
const EMPTY = { status: 200, headers: { 'content-type': 'application/json' } };

const ROLES = new Map<unknown, unknown>([
  [true, 'ADMIN'],
  [false, 'USER'],
]);

/** An account as it is to be; what is of another kind than the document says stays, to be refused. */
const ACCOUNT = {
  name: 'username',
  secret: 'password',
  superuser: as('systemRole', (is) => ROLES.get(is) ?? is, {
    type: 'boolean',
    description: 'Whether they are superusers; never oneself, and not unless told.',
  }),
  active: as('disabled', (is) => (typeof is === 'boolean' ? !is : is), {
    type: 'boolean',
    description: 'Whether they are let in; never oneself.',
  }),
};
const ID = { id: 'id' };

function savedUser(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  return renamed(given as Readonly<Record<string, unknown>>, { ...ID, ...ACCOUNT });
}

const usersAll = {
  path: '/api/v1/users/all',
  operation: userSlice,
  reply: ({ users }: { readonly users: readonly Person[] }) => ({
    status: 200,
    body: users.map(user),
  }),
};

const dashboardsAt = (path: string) =>
  row({
    method: 'GET',
    path,
    operation: dashboards,
    reply: (result) => ({ status: 200, body: result.map(dashboard) }),
  });

const usersMe = { path: '/api/v1/users/me', operation: me, reply: (result: Person) => ok(result) };

function ok(person: Person): Reply {
  return { status: 200, body: user(person) };
}

function signedIn({ token, user, firstLogin }: CookieSignIn, request: RestRequest): Reply {
  return {
    status: 200,
    body: { access_token: token, user_id: user.id, first_login: firstLogin },
    headers: { 'set-cookie': cookieHeader(COOKIE, token, request) },
  };
}

/** The document knows no second factor: its clients show the text of a refusal. */
function secondFactorWanted({ challengeToken }: { readonly challengeToken: string }): Reply {
  const error = 'a second factor is required: send temp_token and code to /api/v1/totp/verify';
  return { status: 400, body: { error, totp_required: true, temp_token: challengeToken } };
}

const TEXTS: Partial<Record<ErrorCode, string>> = {
  INVALID_CREDENTIALS: 'the given credentials are invalid',
  ACCOUNT_DISABLED: 'the given credentials are invalid',
  WRONG_PASSWORD: 'the given credentials are invalid',
  OWN_ACCOUNT: 'you cant edit yourself!',
  FORBIDDEN: 'you need to be a superuser for this action',
};

/** Where the document is silent the status says what it is; nearly everything else is a 400. */
const OWN_STATUS: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'USER_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'BODY_TOO_LARGE',
  'RATE_LIMITED',
  'OVERLOADED',
  'TIMED_OUT',
  'INTERNAL_SERVER_ERROR',
]);

function failure(error: AppError, { actor, row: asked }: Asked): Reply {
  if (error.code === 'UNAUTHENTICATED') {
    const sent = actor.kind === 'anonymous' && actor.fault !== undefined;
    const text = sent
      ? 'specified item of type user not found with filter access_token'
      : 'cookie access_token not set';
    return { status: 401, body: { error: text } };
  }
  const status = OWN_STATUS.has(error.code) ? statusOf(error) : 400;
  return {
    status,
    body: {
      error: TEXTS[error.code] ?? sentenceOf(error, { users: '', ...namesOf(asked?.input) }),
    },
  };
}

/** Dukatia: names and secrets, one opaque token in a cookie, empty answers to changes. */
export const dukatia: Dialect = {
  name: 'dukatia',
  title: 'Dukatia',
  about: 'Names and secrets, one opaque token in a cookie, and empty answers to changes.',
  cookie: COOKIE,
  failure,
  rows: [
    row({
      method: 'POST',
      path: '/api/v1/login',
      operation: loginWithCookie,
      input: from({ json: { name: 'username', secret: 'password' } }),
      example: { name: 'admin', secret: 'mysupersecretpassword1' },
      reply: (result, request) =>
        'state' in result ? secondFactorWanted(result) : signedIn(result, request),
    }),
    row({
      method: 'POST',
      path: '/api/v1/totp/verify',
      operation: completeLoginWithCookie,
      input: TOTP_ANSWER,
      example: TICKET,
      reply: signedIn,
    }),
    row({
      method: 'POST',
      path: '/api/v1/logout',
      operation: logout,
      reply: (_result, request) => ({
        ...EMPTY,
        headers: { ...EMPTY.headers, 'set-cookie': expiredCookieHeader(COOKIE, request) },
      }),
    }),
    row({ method: 'POST', ...usersMe }),
    row({ method: 'GET', ...usersMe }),
    row({ method: 'POST', ...usersAll }),
    row({ method: 'GET', ...usersAll }),
    row({
      method: 'POST',
      path: '/api/v1/users',
      operation: saveUsers,
      input: reading(
        (request) => ({ users: jsonList(request).map(savedUser) }),
        { json: { ...ID, ...ACCOUNT } },
        { takesList: true },
      ),
      example: [{ name: 'Bobby', secret: 'my_super_secret_p4ssw0rd', superuser: true }],
      reply: () => EMPTY,
    }),
    row({
      method: 'PUT',
      path: '/api/v1/users/me/secret',
      operation: changePassword,
      input: from({ json: { old_secret: 'currentPassword', new_secret: 'newPassword' } }),
      example: { old_secret: 'myoldinsecurepassword', new_secret: 'myshinynewpassword1' },
      reply: () => EMPTY,
    }),
    // The document's own spelling, and the one that was meant.
    dashboardsAt('/api/v1/users/me/dasboards'),
    dashboardsAt('/api/v1/users/me/dashboards'),
    row({
      method: 'PUT',
      path: '/api/v1/users/:id',
      operation: saveUsers,
      input: reading(
        (request) => ({ users: [savedUser({ ...jsonBody(request), ...request.params })] }),
        { path: ID, json: ACCOUNT },
      ),
      example: { id: '6b875d6c-7d4e-4ae3-931f-270604df1d7f', name: 'Bobby', superuser: false },
      reply: () => EMPTY,
    }),
  ],
};
