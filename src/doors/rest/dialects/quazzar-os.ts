import type { SecondFactorColumns } from '../../../db/second-factor.ts';
import {
  allApiKeys,
  createApiKey,
  type NewKey,
  revokeApiKey,
} from '../../../features/api-keys/operations.ts';
import { login } from '../../../features/sign-in/operations.ts';
import { ownSessions, revokeSession } from '../../../features/sessions/operations.ts';
import { createFirstUser } from '../../../features/setup/operations.ts';
import { verifyTotp } from '../../../features/totp/operations.ts';
import { me } from '../../../features/users/operations.ts';
import {
  prefixedId,
  rfc3339Seconds,
  sentenceOf,
  statusOf,
  totpEnabled,
  unprefixedId,
} from '../bodies.ts';
import { type Dialect, row } from '../dialect.ts';
import { as, from, namesOf } from '../fields.ts';
import { QUAZZAR_ROWS } from '../quazzar-rows.ts';
import { bearerPair, TICKET, TOTP_ANSWER } from '../sign-in.ts';

interface Person {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly createdAt: Date;
}

interface Account extends Person, SecondFactorColumns {
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
  totp_enabled: totpEnabled(person),
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

const ADMIN = { username: 'admin', password: 'YourSecurePassword123' };
const CREDENTIALS = { username: 'username', password: 'password' };

/** Quazzar Cloud OS: JSON in and out, `{"error": …}`, RFC 3339 seconds, prefixed ids. */
export const quazzarOs: Dialect = {
  name: 'quazzar-os',
  title: 'Quazzar Cloud OS',
  about: 'A pair of tokens, a second factor, and API keys as bearer tokens.',
  takesApiKeys: true,
  failure: (error, { row }) => ({
    status: statusOf(error),
    body: { error: sentenceOf(error, namesOf(row?.input)) },
  }),
  rows: [
    row({
      method: 'POST',
      path: '/api/auth/setup',
      operation: createFirstUser,
      input: from({ json: CREDENTIALS }),
      example: ADMIN,
      reply: (result) => ({
        status: 201,
        body: { message: 'Setup complete', user: user(result) },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/login',
      operation: login,
      input: from({ json: CREDENTIALS }),
      example: ADMIN,
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
      input: TOTP_ANSWER,
      signIn: 'optional',
      example: TICKET,
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
      input: from({ path: { id: as('id', (id) => unprefixedId('session', String(id))) } }),
      example: { id: 'session_9aa1cd4df27bd44b71de575c82968f87' },
      reply: () => ({ status: 204 }),
    }),
    row({
      method: 'POST',
      path: '/api/keys',
      operation: createApiKey,
      input: from({ json: { name: 'name', expires_in_days: 'expiresInDays' } }),
      example: { name: 'CI Pipeline Key', expires_in_days: 90 },
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
      input: from({ path: { id: as('id', (id) => unprefixedId('key', String(id))) } }),
      example: { id: 'key_9aa1cd4df27bd44b71de575c82968f87' },
      reply: () => ({ status: 204 }),
    }),
    ...QUAZZAR_ROWS,
  ],
};
