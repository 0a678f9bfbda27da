import ipaddr from 'ipaddr.js';
import { bytesOfTexts, createCache } from './cache.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [network: Address, bits: number];

export type TrustedProxies = readonly Range[];

/** Addresses and CIDR ranges; throws a RangeError that names the ones that are neither, or cover all. */
export function parseTrustedProxies(list: readonly string[]): TrustedProxies {
  const ranges = list.map((entry) => ({ entry, range: parseRange(entry) }));
  const bad = ranges.filter(({ range }) => !range).map(({ entry }) => entry);
  if (bad.length > 0) throw new RangeError(`not a proxy address or range: ${bad.join(', ')}`);
  return ranges.flatMap(({ range }) => (range ? [range] : []));
}

/**
 * Who is calling. `X-Forwarded-For` is read only where the peer is a trusted proxy, from the right:
 * the first address that is not a trusted proxy is the client, since nothing left of it was written
 * by a hop we trust. An entry that is not an address ends the walk and the client is the hop that
 * passed it on: a shared address throttles too much rather than letting a made-up one throttle too
 * little. `unknown` where the connection has no address.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  const connected = peer === undefined ? undefined : parseAddress(peer);
  if (!connected) return 'unknown';
  let client = connected;
  const hops = forwardedFor?.split(',') ?? [];
  while (hops.length > 0 && isTrusted(client, trusted)) {
    const hop = parseAddress(hops.pop() ?? '');
    if (!hop) break;
    client = hop;
  }
  return client.toString();
}

/**
 * Whose an address is, for counting: an IPv4 address itself, of an IPv6 one the /64, for whoever has one
 * address of it has them all.
 */
export function networkOf(ipAddress: string): string {
  const address = parseAddress(ipAddress);
  if (!(address instanceof ipaddr.IPv6)) return ipAddress;
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * The networks around an address, for counting what one operator of a network has: the /24 of an IPv4
 * address, the /48 of an IPv6 one.
 */
export function neighboursOf(ipAddress: string): string {
  const address = parseAddress(ipAddress);
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join('.')}.0/24`;
  if (!address) return ipAddress;
  const network = address.parts.slice(0, 3).map((part) => part.toString(16));
  return `${network.join(':')}::/48`;
}

function isTrusted(address: Address, trusted: TrustedProxies): boolean {
  return trusted.some(
    ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
  );
}

function parseRange(entry: string): Range | undefined {
  const [host = '', given, ...rest] = entry.split('/');
  const address = parsePlain(host);
  if (!address || rest.length > 0) return undefined;
  const prefix = given ?? String(bitsOf(address));
  const network = unmapped(address);
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const shift = bitsOf(address) - bitsOf(network);
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) - shift : 0;
  return bits >= 1 && bits <= bitsOf(network) ? [network, bits] : undefined;
}

function bitsOf(address: Address): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/** No address is longer, with its zone and its port. */
const LONGEST = 128;
/** Those that were read lately: who calls has called before. */
const read = createCache<Address>({
  entries: 1000,
  bytes: 2 ** 20,
  bytesOf: (_address, text) => bytesOfTexts(text),
});

function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  const known = read.get(text);
  if (known) return known;
  const address = readAddress(text);
  if (address) read.set(text, address);
  return address;
}

/** An address as proxies write it: maybe in brackets, with a port or with a zone. */
function readAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  const host =
    /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const address = parsePlain(host.replace(/%[^%]*$/, ''));
  return address && unmapped(address);
}

// ipaddr.js also reads `1`, `0x7f.1` and octal parts, which no proxy writes and two readers differ on.
function parsePlain(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

function unmapped(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
    ? address.toIPv4Address()
    : address;
}
