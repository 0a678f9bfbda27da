import type { TokenPair } from '../../adapters/tokens.ts';
import { from } from './fields.ts';

// What several dialects say of a sign-in in the same words.

export const bearerPair = ({ accessToken, refreshToken }: TokenPair) => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  token_type: 'bearer',
});

export const TICKET = { temp_token: 'eyJhbGciOiJIUzI1NiIs...', code: '123456' };

/** The input of `POST /api/auth/totp/verify`, with or without a ticket. */
export const TOTP_ANSWER = from({ json: { temp_token: 'challengeToken', code: 'code' } });
