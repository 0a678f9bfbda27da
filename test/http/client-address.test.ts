import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientAddress,
  networkOf,
  parseTrustedProxies,
} from '../../src/adapters/client-address.ts';

const proxies = parseTrustedProxies(['10.0.0.0/8', '192.168.1.5', '2001:db8::/32', '::1']);

describe('clientAddress', () => {
  it.each([
    ['a stranger who forges the header', '203.0.113.9', '1.1.1.1', '203.0.113.9'],
    ['a stranger without the header', '203.0.113.9', undefined, '203.0.113.9'],
    ['a proxy without the header', '10.0.0.1', undefined, '10.0.0.1'],
    ['one proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a proxy named by its one address', '192.168.1.5', '203.0.113.9', '203.0.113.9'],
    ['the neighbour of that proxy', '192.168.1.6', '203.0.113.9', '192.168.1.6'],
    ['two proxies', '10.0.0.1', '203.0.113.9, 10.2.3.4', '203.0.113.9'],
    ['a forged entry before the real one', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['a forged proxy before the real one', '10.0.0.1', '10.9.9.9,203.0.113.9', '203.0.113.9'],
    ['proxies only', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['garbage', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['garbage behind two proxies', '10.0.0.1', '1.1.1.1, <x>, 10.0.0.2', '10.0.0.2'],
    ['garbage that nobody trusted wrote', '10.0.0.1', '<x>, 203.0.113.9', '203.0.113.9'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['numbers that only some readers take', '10.0.0.1', '0x7f.1', '10.0.0.1'],
    ['an octal part', '10.0.0.1', '010.0.0.9', '10.0.0.1'],
    ['a peer mapped into IPv6', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a client mapped into IPv6', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['a stranger mapped into IPv6', '::ffff:203.0.113.9', '1.1.1.1', '203.0.113.9'],
    ['an IPv6 proxy', '2001:db8::5', '2a00::0001', '2a00::1'],
    ['ports', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['brackets and ports', '10.0.0.1', '[2A00::1]:4711', '2a00::1'],
    ['brackets', '10.0.0.1', '[2a00::1]', '2a00::1'],
    ['a zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['no peer', undefined, '203.0.113.9', 'unknown'],
    ['a peer that is no address', '/run/socket', '203.0.113.9', 'unknown'],
  ])('names the client behind %s', (_what, peer, forwardedFor, client) => {
    expect(clientAddress(peer, forwardedFor, proxies)).toBe(client);
  });

  it('believes nobody where no proxy is trusted', () => {
    expect(clientAddress('127.0.0.1', '203.0.113.9', [])).toBe('127.0.0.1');
  });

  it('names whom the proxy names, whatever a client writes before that', () => {
    fc.assert(
      fc.property(fc.string(), (forged) => {
        expect(clientAddress('10.0.0.1', `${forged},203.0.113.9`, proxies)).toBe('203.0.113.9');
        expect(clientAddress('203.0.113.9', forged, proxies)).toBe('203.0.113.9');
      }),
    );
  });
});

describe('parseTrustedProxies', () => {
  it('reads a range mapped into IPv6 as the IPv4 range it is', () => {
    const mapped = parseTrustedProxies(['::ffff:10.0.0.0/104']);
    expect(clientAddress('10.1.2.3', '203.0.113.9', mapped)).toBe('203.0.113.9');
    expect(clientAddress('11.1.2.3', '203.0.113.9', mapped)).toBe('11.1.2.3');
  });

  it.each([
    ['', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/-1', '10/8', 'localhost', '*'],
    ['0.0.0.0/0', '::/0', '::ffff:0.0.0.0/96', '2001:db8::/129', '[::1]', '10.0.0.1:80'],
  ])('names every entry that it refuses', (...bad) => {
    expect(() => parseTrustedProxies(['10.0.0.0/8', ...bad])).toThrow(
      new RangeError(`not a proxy address or range: ${bad.join(', ')}`),
    );
  });
});

describe('networkOf', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('counts %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
