import type { Actor } from '../../access/actor.ts';
import type { AppError, ErrorCode } from '../../errors.ts';
import { loginWithCookie, logout } from '../../features/auth/operations.ts';
import type { CookieSignIn } from '../../features/sessions/sign-in.ts';
import { completeLoginWithCookie } from '../../features/totp/operations.ts';
import { me } from '../../features/users/operations.ts';
import { sentenceOf, statusOf } from '../bodies.ts';
import { cookieHeader, expiredCookieHeader } from '../cookies.ts';
import { type Dialect, type Reply, row } from '../dialect.ts';
import { jsonBody, type RestRequest } from '../request.ts';

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
  FORBIDDEN: 'you need to be a superuser for this action',
};

/** Where the document is silent the status says what it is; nearly everything else is a 400. */
const OWN_STATUS: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'BODY_TOO_LARGE',
  'RATE_LIMITED',
  'OVERLOADED',
  'INTERNAL_SERVER_ERROR',
]);

function failure(error: AppError, actor: Actor): Reply {
  if (error.code === 'UNAUTHENTICATED') {
    const sent = actor.kind === 'anonymous' && actor.fault !== undefined;
    const text = sent
      ? 'specified item of type user not found with filter access_token'
      : 'cookie access_token not set';
    return { status: 401, body: { error: text } };
  }
  const status = OWN_STATUS.has(error.code) ? statusOf(error) : 400;
  return { status, body: { error: TEXTS[error.code] ?? sentenceOf(error) } };
}

/** Dukatia: names and secrets, one opaque token in a cookie, empty answers to changes. */
export const dukatia: Dialect = {
  name: 'dukatia',
  cookie: COOKIE,
  failure,
  rows: [
    row({
      method: 'POST',
      path: '/api/v1/login',
      operation: loginWithCookie,
      input: (request) => {
        const body = jsonBody(request);
        return { username: body['name'], password: body['secret'] };
      },
      reply: (result, request) =>
        'state' in result ? secondFactorWanted(result) : signedIn(result, request),
    }),
    row({
      method: 'POST',
      path: '/api/v1/totp/verify',
      operation: completeLoginWithCookie,
      input: (request) => {
        const body = jsonBody(request);
        return { challengeToken: body['temp_token'], code: body['code'] };
      },
      reply: signedIn,
    }),
    row({
      method: 'POST',
      path: '/api/v1/logout',
      operation: logout,
      reply: (_result, request) => ({
        status: 200,
        headers: {
          'content-type': 'application/json',
          'set-cookie': expiredCookieHeader(COOKIE, request),
        },
      }),
    }),
    row({ method: 'POST', ...usersMe }),
    row({ method: 'GET', ...usersMe }),
  ],
};
