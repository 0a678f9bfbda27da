import { expect } from 'vitest';
import { PASSWORD } from '../support/people.ts';

export const JANE = { email: 'jane@example.com', password: PASSWORD, name: 'Jane Doe' };
export const AT = '2026-01-31T09:30:00Z';
export const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;
export const JWT = text(/^[\w-]+\.[\w-]+\.[\w-]+$/);
export const PAIR = { access_token: JWT, refresh_token: JWT, token_type: 'bearer' };

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token: string;
}

/** A user with the fields of every document. */
const userOf = (fields: object) => ({
  id: text(/^usr_[0-9a-f]{32}$/),
  created_at: AT,
  updated_at: expect.any(Number) as number,
  extra: {},
  referrer_id: null,
  role: 'user',
  tier: 0,
  is_active: true,
  is_verified: false,
  tenant_id: text(/^ten_[0-9a-f]{32}$/),
  totp_enabled: false,
  ...fields,
});
export const ADMIN = userOf({ username: 'admin', email: 'admin', name: '', role: 'admin' });
// Whoever has no name to sign in with is named by their address.
export const RESIDENT = userOf({ username: JANE.email, email: JANE.email, name: JANE.name });
