import type { TokenPair } from '../../adapters/tokens.ts';
import { login, refresh } from '../../features/auth/operations.ts';
import { changePassword } from '../../features/passwords/operations.ts';
import { createFirstUser } from '../../features/setup/operations.ts';
import { enableTotp, verifyTotp } from '../../features/totp/operations.ts';
import { me } from '../../features/users/operations.ts';
import { prefixedId, rfc3339Seconds, sentenceOf, statusOf } from '../bodies.ts';
import { type Dialect, row } from '../dialect.ts';
import { jsonBody } from '../request.ts';

interface Person {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly createdAt: Date;
}

const user = ({ id, username, email, createdAt }: Person) => ({
  id: prefixedId('usr', id),
  username: username ?? email,
  created_at: rfc3339Seconds(createdAt),
});

const tokens = ({ accessToken, refreshToken }: TokenPair) => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  token_type: 'bearer',
});

/** Quazzar Cloud OS: JSON in and out, `{"error": …}`, RFC 3339 seconds, prefixed ids. */
export const quazzarOs: Dialect = {
  name: 'quazzar-os',
  failure: (error) => ({ status: statusOf(error), body: { error: sentenceOf(error) } }),
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
            : tokens(result),
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/verify',
      operation: verifyTotp,
      input: (request) => {
        const body = jsonBody(request);
        return { challengeToken: body['temp_token'], code: body['code'] };
      },
      reply: (result) => ({
        status: 200,
        body:
          'accessToken' in result
            ? tokens(result)
            : { message: 'TOTP enabled', recovery_codes: result.recoveryCodes },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/enable',
      operation: enableTotp,
      reply: ({ provisioningUri, secret, qrCode }) => ({
        status: 200,
        body: { provisioning_uri: provisioningUri, secret, qr_code: qrCode },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/refresh',
      operation: refresh,
      input: (request) => ({ refreshToken: jsonBody(request)['refresh_token'] }),
      reply: (result) => ({ status: 200, body: tokens(result) }),
    }),
    row({
      method: 'GET',
      path: '/api/auth/me',
      operation: me,
      reply: (result) => ({
        status: 200,
        body: {
          ...user(result),
          totp_enabled: result.totpEnabledAt !== null,
          role: result.systemRole.toLowerCase(),
        },
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/change-password',
      operation: changePassword,
      input: (request) => {
        const body = jsonBody(request);
        return { currentPassword: body['current_password'], newPassword: body['new_password'] };
      },
      reply: () => ({ status: 200, body: { message: 'Password changed successfully' } }),
    }),
  ],
};
