import { generateCookie } from 'hono/cookie';
import { parse } from 'hono/utils/cookie';
import { DEVICE_SECONDS } from '../../core/throttle-policy.ts';

const NAME = 'vestibule_device';
const ATTRIBUTES = { path: '/', httpOnly: true, sameSite: 'Lax', maxAge: DEVICE_SECONDS } as const;

/** The device token of a Cookie header. It says who calls to no door: throttles alone read it. */
export function readDeviceCookie(
  cookies: string | undefined,
  isHttps: boolean,
): string | undefined {
  if (!cookies?.includes(NAME)) return undefined;
  const name = isHttps ? `__Host-${NAME}` : NAME;
  return parse(cookies, name)[name];
}

/** The `Set-Cookie` that has a browser keep a device token. */
export function deviceCookieHeader(token: string, isHttps: boolean): string {
  return isHttps
    ? generateCookie(NAME, token, { ...ATTRIBUTES, secure: true, prefix: 'host' })
    : generateCookie(NAME, token, ATTRIBUTES);
}
