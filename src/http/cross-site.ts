import type { IncomingHttpHeaders } from 'node:http';

const OWN_SITES = ['same-origin', 'same-site', 'none'];

/**
 * Whether a browser sent the request for a page of another site. Asked where a cookie speaks for the
 * caller (ASVS 3.5.1): by `Sec-Fetch-Site` where the browser sends it, by `Origin` where not. Programs
 * send neither.
 */
export function isCrossSite(
  headers: IncomingHttpHeaders,
  ownOrigins: ReadonlySet<string>,
): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && ownOrigins.has(origin)) return false;
  if (typeof site === 'string') return !OWN_SITES.includes(site);
  return origin !== undefined;
}
