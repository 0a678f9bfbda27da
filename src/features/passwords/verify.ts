import type { ThrottledContext } from '../../core/context.ts';

/**
 * Whether a password is right; false, after the same work, where there is no hash. Asks for an attempt
 * that is counted: an operation that declares no throttle has none.
 */
export function verifyPassword(
  { hasher, request }: ThrottledContext,
  hash: string | null | undefined,
  password: string,
): Promise<boolean> {
  return hasher.verify(hash ?? undefined, password, request.signal);
}
