import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';

/** Whether the server answers to what a `Host` header holds. */
export type HostCheck = (host: string | undefined) => boolean;

/** A name or an address in brackets, and maybe a port (RFC 9110 section 7.2). */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i;

/**
 * The check against DNS rebinding: a page of another site can give its own name the address of this
 * server, and the browser takes the two for one site. Undefined where any name is allowed: in production
 * without `ALLOWED_HOSTS`. In development names of this machine are allowed, and IP addresses, which no
 * page can give to another machine.
 */
export function createHostCheck(config: Config): HostCheck | undefined {
  const { allowedHosts = [], profile } = config;
  const isDevelopment = profile === 'development';
  if (!isDevelopment && config.allowedHosts === undefined) return undefined;
  const listed = allowedHosts.map((host) => host.toLowerCase());
  const names = new Set([hostOf(config.publicUrl), ...listed]);
  const parents = listed.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  if (isDevelopment) {
    names.add(config.host.toLowerCase()).add('localhost');
    parents.push('.localhost');
  }
  const isAllowed = (name: string) =>
    names.has(name) ||
    parents.some((parent) => name.endsWith(parent)) ||
    (isDevelopment && isIP(name) > 0);

  // Most requests name the host that the one before them named.
  let last: string | undefined;
  return (host) => {
    if (host === undefined) return false;
    if (host === last) return true;
    const name = nameIn(host);
    if (name === undefined || !isAllowed(name)) return false;
    last = host;
    return true;
  };
}

function nameIn(host: string): string | undefined {
  const [, address, name] = HOST.exec(host) ?? [];
  // A dot at the end stands for the root of the DNS.
  return (address ?? name)?.toLowerCase().replace(/\.$/, '');
}

/** The host of an address, an IPv6 one without its brackets. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}
