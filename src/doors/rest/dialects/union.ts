import type { AppError } from '../../../core/errors.ts';
import { meOrHolder } from '../../../features/passwords/operations.ts';
import { loginWhileOn, setup } from '../../../features/setup/operations.ts';
import type { AuthPayload } from '../../../features/sign-in/begin-session.ts';
import { verifyTotp } from '../../../features/totp/operations.ts';
import { sentenceOf } from '../bodies.ts';
import { type Ask, type Asked, type Dialect, type Reply, row, rowsOf } from '../dialect.ts';
import { from, namesOf } from '../fields.ts';
import { dumb } from './dumb.ts';
import { lncrawl, reader } from './lncrawl.ts';
import { bearerPair, TICKET, TOTP_ANSWER } from '../sign-in.ts';
import { account, quazzarOs } from './quazzar-os.ts';
import { quazzarPanel, resident, tenantIdOf } from './quazzar-panel.ts';

type Person = AuthPayload['user'];

/** A user with the fields of every document; where two have one name, Quazzar's. */
const user = (person: Person, tenantId: string | null) => ({
  ...reader(person),
  ...resident(person, tenantId),
  ...account(person),
});

async function tokens(payload: AuthPayload, ask: Ask): Promise<object> {
  const tenantId = await tenantIdOf(ask, payload.actor);
  return {
    ...bearerPair(payload),
    token: payload.accessToken,
    user: user(payload.user, tenantId),
    tenant_id: tenantId,
  };
}

/** Whom a body names: some documents do it by `email`, some by `username`. */
const CREDENTIALS = { username: 'username', email: 'username', password: 'password' };

const ADMIN = { username: 'admin', password: 'YourSecurePassword123' };

/** Errors are read from `detail` by some clients and from `error` by others. */
function failure(error: AppError, asked: Asked): Reply {
  const { status, body } = (asked.row?.owner ?? quazzarOs).failure(error, asked);
  const said = body as Readonly<Record<string, unknown>>;
  const text = said['error'] ?? said['detail'];
  const sentence = typeof text === 'string' ? text : sentenceOf(error, namesOf(asked.row?.input));
  return { status, body: { detail: sentence, ...said, error: sentence } };
}

/**
 * The paths that four documents share, at one place: a path with one owner is that owner's, the others
 * answer the fields of all.
 */
export const union: Dialect = {
  name: 'union',
  title: 'All under /api',
  about: 'The paths under `/api` that four documents share, with the fields of all in each answer.',
  takesApiKeys: true,
  failure,
  rows: [
    row({
      method: 'POST',
      path: '/api/auth/setup',
      operation: setup,
      input: from({ json: { username: 'username', password: 'password' } }),
      example: ADMIN,
      reply: async (result, _request, ask) => ({
        status: 201,
        body: { message: 'Setup complete', ...(await tokens(result, ask)) },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/login',
      operation: loginWhileOn,
      input: from({ json: CREDENTIALS }),
      example: ADMIN,
      reply: async (result, _request, ask) => ({
        status: 200,
        body:
          'state' in result
            ? { totp_required: true, temp_token: result.challengeToken }
            : await tokens(result, ask),
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/verify',
      operation: verifyTotp,
      input: TOTP_ANSWER,
      signIn: 'optional',
      example: TICKET,
      reply: async (result, _request, ask) => ({
        status: 200,
        body:
          'accessToken' in result
            ? await tokens(result, ask)
            : { message: 'TOTP enabled', recovery_codes: result.recoveryCodes },
      }),
    }),
    row({
      method: 'GET',
      path: '/api/auth/me',
      operation: meOrHolder,
      input: from({ bearer: { token: 'token' } }),
      reply: async (result, _request, ask) => ({
        status: 200,
        body: user(result.user, result.isSignedIn ? await tenantIdOf(ask) : null),
      }),
    }),
    ...rowsOf(quazzarOs, [
      '/api/auth/totp/enable',
      '/api/auth/refresh',
      '/api/auth/change-password',
      '/api/auth/sessions',
      '/api/auth/sessions/:id',
      '/api/keys',
      '/api/keys/:id',
    ]),
    ...rowsOf(quazzarPanel, ['/api/auth/register', '/api/auth/profile']),
    ...rowsOf(dumb, [
      '/api/auth/status',
      '/api/auth/verify',
      '/api/auth/skip-setup',
      '/api/auth/enable',
      '/api/auth/disable',
      '/api/auth/users',
      '/api/auth/users/:username',
    ]),
    ...rowsOf(lncrawl, [
      '/api/auth/signup',
      '/api/auth/me/name',
      '/api/auth/me/password',
      '/api/auth/send-password-reset-link',
      '/api/auth/reset-password-with-token',
      '/api/auth/me/send-otp',
      '/api/auth/verify-otp',
      '/api/auth/me/create-token',
      '/api/auth/verify-token',
      '/api/auth/me/tokens',
    ]),
  ],
};
