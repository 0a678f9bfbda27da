import type { IncomingMessage } from 'node:http';
import type { Config } from '../../config/config.ts';
import { createHostCheck } from './hosts.ts';

/** Whether a browser sent the request for a page of another site. */
export type SiteCheck = (req: Pick<IncomingMessage, 'method' | 'headers'>) => boolean;

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const SAFE_METHODS: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];

/** Whether a request may change something by its method. */
export function mayChange({ method }: Pick<IncomingMessage, 'method'>): boolean {
  return !SAFE_METHODS.includes(method);
}

/**
 * The check against cross-site request forgery (ASVS 3.5.1 to 3.5.3), by what browsers add to a request
 * and no page can change: `Origin`, and `Sec-Fetch-Site` where the browser sends it. Own are the origins
 * of `PUBLIC_URL` and `CORS_ORIGINS`, and the one that the request itself names as its host, if the
 * host is checked. A sibling (`same-site`) is another site. `none` is a person who opens an address, which
 * changes nothing. Programs send neither header.
 */
export function createSiteCheck(config: Config): SiteCheck {
  const origins = new Set([new URL(config.publicUrl).origin, ...config.corsOrigins]);
  const { protocol } = new URL(config.publicUrl);
  const isAllowedHost = createHostCheck(config);
  const isOwnHost = (origin: string, host: string | undefined) =>
    isAllowedHost !== undefined && origin === `${protocol}//${host}` && isAllowedHost(host);

  return ({ method, headers }) => {
    const { origin, host } = headers;
    const site = headers['sec-fetch-site'];
    if (origin === undefined && site === undefined) return false;
    if (origin === 'null') return true;
    if (origin !== undefined && (origins.has(origin) || isOwnHost(origin, host))) return false;
    if (site === 'same-origin') return false;
    return origin !== undefined || site !== 'none' || mayChange({ method });
  };
}
