import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { createKeyedHash } from './keyed-hash.ts';

/** The secret key is not the one that is needed; the message is one line for the operator. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
}

/** Encryption at rest for secrets that must be read back. */
export interface SecretBox {
  /**
   * Encrypts under the current key (AES-256-GCM).
   * @param purpose what and whose it is; opening with another purpose fails
   */
  readonly seal: (plaintext: string, purpose: string) => string;
  /** Decrypts with whichever known key sealed it; throws where none did or the text was changed. */
  readonly open: (sealed: string, purpose: string) => string;
  /** A keyed hash under the current key, to find by what is sealed too. */
  readonly hash: (plaintext: string, purpose: string) => string;
  /** The same under every known key: what it may be found by. */
  readonly hashes: (plaintext: string, purpose: string) => string[];
  /** What everything that the current key sealed begins with. */
  readonly currentPrefix: string;
}

interface BoxKey {
  readonly id: string;
  readonly key: Uint8Array;
}

const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** @param secrets the values of SECRET_KEY: the first seals, all open */
export function createSecretBox(secrets: readonly [string, ...string[]]): SecretBox {
  const keys = secrets.map(deriveKey);
  const current = deriveKey(secrets[0]);
  const hashNow = createKeyedHash(secrets[0]);
  const hashers = secrets.map(createKeyedHash);

  return {
    hash: (plaintext, purpose) => hashNow('sealed', purpose, plaintext),
    hashes: (plaintext, purpose) => hashers.map((hash) => hash('sealed', purpose, plaintext)),
    currentPrefix: `${VERSION}.${current.id}.`,
    seal: (plaintext, purpose) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv);
      cipher.setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      const packed = Buffer.concat([iv, cipher.getAuthTag(), body]);
      return [VERSION, current.id, packed.toString('base64url')].join('.');
    },
    open: (sealed, purpose) => {
      const [version, id, text] = sealed.split('.');
      const found = keys.find((candidate) => candidate.id === id);
      if (version !== VERSION || !found || !text) {
        throw new SecretKeyError(
          'SECRET_KEY does not open what the database holds. Start with the key it was set up with ' +
            '(where SECRET_KEY was not set, that is the file secret.key in DATA_DIR).',
        );
      }
      const packed = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', found.key, packed.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(packed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const body = packed.subarray(IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}

function deriveKey(secret: string): BoxKey {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'vestibule secret box', 32));
  const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return { id, key };
}
