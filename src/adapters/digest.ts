import { createHash } from 'node:crypto';

/** SHA-256 as base64url: how high-entropy secrets are kept and looked up. */
export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
