import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 as base64url: how high-entropy secrets are kept and looked up. */
export function sha256(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** Whether two secrets are the same, in a time that tells nothing of them, nor of how long they are. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)));
}
