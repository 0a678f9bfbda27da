import { hash } from 'node:crypto';

/** SHA-256 as base64url: how high-entropy secrets are kept and looked up. */
export function sha256(value: string): string {
  return hash('sha256', value, 'base64url');
}
