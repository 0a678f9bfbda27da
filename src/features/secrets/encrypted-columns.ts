import { mailPurpose } from '../mail/compose.ts';
import { signingKeyPurpose } from '../signing-keys/key-ring.ts';
import { secretPurpose } from '../totp/second-factor.ts';

export interface EncryptedColumn {
  readonly table: string;
  /** The column that says whose secret it is, unique. */
  readonly id: string;
  readonly column: string;
  /** What its secrets are sealed for. */
  readonly purpose: (id: string) => string;
}

/** Every column that holds what a secret box has sealed; an empty text in one is no secret. */
export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: 'SigningKey', id: 'id', column: 'privateJwk', purpose: signingKeyPurpose },
  { table: 'TotpCredential', id: 'userId', column: 'secret', purpose: secretPurpose },
  { table: 'OutboxMail', id: 'id', column: 'body', purpose: mailPurpose },
];
