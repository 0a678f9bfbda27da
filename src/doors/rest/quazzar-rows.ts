import { refresh } from '../../features/auth/operations.ts';
import { changePassword } from '../../features/passwords/operations.ts';
import { enableTotp } from '../../features/totp/operations.ts';
import { row, type Row } from './dialect.ts';
import { from } from './fields.ts';
import { bearerPair } from './sign-in.ts';

/** The rows that both Quazzar documents have. */
export const QUAZZAR_ROWS: readonly Row[] = [
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
    input: from({ json: { refresh_token: 'refreshToken' } }),
    example: { refresh_token: 'eyJhbGciOiJIUzI1NiIs...' },
    reply: (result) => ({ status: 200, body: bearerPair(result) }),
  }),
  row({
    method: 'POST',
    path: '/api/auth/change-password',
    operation: changePassword,
    input: from({ json: { current_password: 'currentPassword', new_password: 'newPassword' } }),
    example: { current_password: 'OldPassword123', new_password: 'NewSecurePassword456' },
    reply: () => ({ status: 200, body: { message: 'Password changed successfully' } }),
  }),
];
