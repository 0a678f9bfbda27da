import { generateCookie } from 'hono/cookie';
import type { RestRequest } from './request.ts';

const attributes = ({ isHttps }: RestRequest) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: isHttps }) as const;

/** A `Set-Cookie` that scripts cannot read and other sites cannot send (ASVS 3.3.1 to 3.3.4). */
export function cookieHeader(name: string, value: string, request: RestRequest): string {
  return generateCookie(name, value, attributes(request));
}

/** The one that takes it back. */
export function expiredCookieHeader(name: string, request: RestRequest): string {
  return generateCookie(name, '', { ...attributes(request), maxAge: 0 });
}
