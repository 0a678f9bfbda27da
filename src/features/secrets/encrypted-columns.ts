import { mailPurpose } from '../mail/compose.ts';
import { HASH_PURPOSE, userTokenPurpose } from '../referrals/rules.ts';
import { setupTokenPurpose } from '../setup/token.ts';
import { SETUP_TOKEN_KEY } from '../setup/token-store.ts';
import { signingKeyPurpose } from '../signing-keys/key-ring.ts';
import { secretPurpose } from '../totp/rules.ts';

export interface EncryptedColumn {
  readonly table: string;
  /** The column that says whose secret it is, unique. */
  readonly id: string;
  readonly column: string;
  /** What its secrets are sealed for. */
  readonly purpose: (id: string) => string;
  /** The one row that holds a secret, where the others do not. */
  readonly onlyId?: string;
  /** The column with the keyed hash of the secret, where it is found by one, and what that is for. */
  readonly hash?: { readonly column: string; readonly purpose: string };
}

/** Every column that holds what a secret box has sealed; an empty text in one is no secret. */
export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: 'SigningKey', id: 'id', column: 'privateJwk', purpose: signingKeyPurpose },
  { table: 'TotpCredential', id: 'userId', column: 'secret', purpose: secretPurpose },
  {
    table: 'UserToken',
    id: 'id',
    column: 'token',
    purpose: userTokenPurpose,
    hash: { column: 'tokenHash', purpose: HASH_PURPOSE },
  },
  { table: 'OutboxMail', id: 'id', column: 'body', purpose: mailPurpose },
  {
    table: 'Setting',
    id: 'key',
    onlyId: SETUP_TOKEN_KEY,
    column: 'value',
    purpose: setupTokenPurpose,
  },
];
