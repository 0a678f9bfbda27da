import {
  allApiKeys,
  createApiKey,
  type NewKey,
  revokeApiKey,
} from '../../features/api-keys/operations.ts';
import { login } from '../../features/auth/operations.ts';
import { ownSessions, revokeSession } from '../../features/sessions/operations.ts';
import { createFirstUser } from '../../features/setup/operations.ts';
import { verifyTotp } from '../../features/totp/operations.ts';
import { me } from '../../features/users/operations.ts';
import { prefixedId, rfc3339Seconds, sentenceOf, statusOf, unprefixedId } from '../bodies.ts';
import { type Dialect, row } from '../dialect.ts';
import { jsonBody } from '../request.ts';
import { bearerPair, SHARED_ROWS, totpAnswer } from './quazzar.ts';

interface Person {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly createdAt: Date;
}

interface Account extends Person {
  readonly totpEnabledAt: Date | null;
  readonly systemRole: string;
}

const user = ({ id, username, email, createdAt }: Person) => ({
  id: prefixedId('usr', id),
  username: username ?? email,
  created_at: rfc3339Seconds(createdAt),
});

/** What a user reads of their own account. */
export const account = (person: Account) => ({
  ...user(person),
  totp_enabled: person.totpEnabledAt !== null,
  role: person.systemRole.toLowerCase(),
});

const apiKey = ({ id, name, createdAt, expiresAt }: NewKey['apiKey']) => ({
  id: prefixedId('key', id),
  name,
  created_at: rfc3339Seconds(createdAt),
  expires_at: expiresAt && rfc3339Seconds(expiresAt),
});

interface Session {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly current: boolean;
}

const session = (one: Session) => ({
  id: prefixedId('session', one.id),
  created_at: rfc3339Seconds(one.createdAt),
  last_seen_at: rfc3339Seconds(one.lastSeenAt),
  expires_at: rfc3339Seconds(one.expiresAt),
  ip_address: one.ipAddress,
  user_agent: one.userAgent,
  current: one.current,
});

/** What the document calls what an operation is given. */
const NAMES = { expiresInDays: 'expires_in_days' };

/** Quazzar Cloud OS: JSON in and out, `{"error": …}`, RFC 3339 seconds, prefixed ids. */
export const quazzarOs: Dialect = {
  name: 'quazzar-os',
  takesApiKeys: true,
  failure: (error) => ({ status: statusOf(error), body: { error: sentenceOf(error, NAMES) } }),
  rows: [
    row({
      method: 'POST',
      path: '/api/auth/setup',
      operation: createFirstUser,
      input: jsonBody,
      reply: (result) => ({
        status: 201,
        body: { message: 'Setup complete', user: user(result) },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/login',
      operation: login,
      input: jsonBody,
      reply: (result) => ({
        status: 200,
        body:
          'state' in result
            ? { totp_required: true, temp_token: result.challengeToken }
            : bearerPair(result),
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/verify',
      operation: verifyTotp,
      input: totpAnswer,
      reply: (result) => ({
        status: 200,
        body:
          'accessToken' in result
            ? bearerPair(result)
            : { message: 'TOTP enabled', recovery_codes: result.recoveryCodes },
      }),
    }),
    row({
      method: 'GET',
      path: '/api/auth/me',
      operation: me,
      reply: (result) => ({ status: 200, body: account(result) }),
    }),
    row({
      method: 'GET',
      path: '/api/auth/sessions',
      operation: ownSessions,
      reply: (sessions) => ({ status: 200, body: sessions.map(session) }),
    }),
    row({
      method: 'DELETE',
      path: '/api/auth/sessions/:id',
      operation: revokeSession,
      input: ({ params }) => ({ id: unprefixedId('session', params['id'] ?? '') }),
      reply: () => ({ status: 204 }),
    }),
    row({
      method: 'POST',
      path: '/api/keys',
      operation: createApiKey,
      input: (request) => {
        const { name, expires_in_days: expiresInDays } = jsonBody(request);
        return { name, expiresInDays };
      },
      reply: ({ apiKey: made, key }) => {
        const { id, name, ...times } = apiKey(made);
        return { status: 201, body: { id, name, key, ...times } };
      },
    }),
    row({
      method: 'GET',
      path: '/api/keys',
      operation: allApiKeys,
      reply: (keys) => ({ status: 200, body: keys.map(apiKey) }),
    }),
    row({
      method: 'DELETE',
      path: '/api/keys/:id',
      operation: revokeApiKey,
      input: ({ params }) => ({ id: unprefixedId('key', params['id'] ?? '') }),
      reply: () => ({ status: 204 }),
    }),
    ...SHARED_ROWS,
  ],
};
