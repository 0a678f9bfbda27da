import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/adapters/random.ts';
import { findTimeStep, newTotpSecret, provisioningUri } from '../../src/adapters/totp.ts';
import { OATHTOOL } from '../support/machine.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const SHA1_KEY = ascii('12345678901234567890');
const SHA256_KEY = ascii('12345678901234567890123456789012');
const SHA512_KEY = ascii('1234567890123456789012345678901234567890123456789012345678901234');
const SECRET = new ScureBase32Plugin().encode(SHA1_KEY);

/** RFC 4226 appendix D: the six digits of the counters 0 to 9. */
const HOTP = [
  '755224',
  '287082',
  '359152',
  '969429',
  '338314',
  '254676',
  '287922',
  '162583',
  '399871',
  '520489',
];

/** RFC 6238 appendix B: UNIX seconds, and the eight digits by SHA-1, SHA-256 and SHA-512. */
const TOTP = [
  [59, '94287082', '46119246', '90693936'],
  [1_111_111_109, '07081804', '68084774', '25091201'],
  [1_111_111_111, '14050471', '67062674', '99943326'],
  [1_234_567_890, '89005924', '91819424', '93441116'],
  [2_000_000_000, '69279037', '90698825', '38618901'],
  [20_000_000_000, '65353130', '77737706', '47863826'],
] as const;

const find = (code: string, seconds: number, other: { after?: number; secret?: string } = {}) =>
  findTimeStep({ secret: SECRET, code, at: new Date(seconds * 1000), ...other });

describe('the time step of a code', () => {
  it.each(HOTP.map((code, counter) => [code, counter] as const))(
    'of RFC 4226 appendix D, %s, is its counter, %i',
    (code, counter) => {
      expect(find(code, counter * 30)).toBe(counter);
    },
  );

  // Of eight digits the last six are the code of six: both are the same number, cut short.
  it.each(TOTP)('of RFC 6238 appendix B at %i is that moment’s', (seconds, eight) => {
    expect(find(eight.slice(-6), seconds)).toBe(Math.floor(seconds / 30));
  });

  it.each(TOTP)('rests on a library that knows all of RFC 6238 at %i', (epoch, ...codes) => {
    const by = (algorithm: 'sha1' | 'sha256' | 'sha512', secret: Uint8Array) =>
      generateSync({ secret, algorithm, epoch, digits: 8, period: 30 });
    expect(codes).toEqual([
      by('sha1', SHA1_KEY),
      by('sha256', SHA256_KEY),
      by('sha512', SHA512_KEY),
    ]);
  });

  it('is found from one step before to one step after it, and at no other second', () => {
    const accepted = Array.from({ length: 240 }, (_, second) => second).filter(
      (second) => find(HOTP[3]!, second) !== undefined,
    );
    expect([accepted[0], accepted.at(-1), accepted.length]).toEqual([60, 149, 90]);
  });

  it('is not found again once it was used, nor any before it', () => {
    expect(find(HOTP[3]!, 100, { after: 2 })).toBe(3);
    expect(find(HOTP[3]!, 100, { after: 3 })).toBeUndefined();
    expect(find(HOTP[2]!, 100, { after: 3 })).toBeUndefined();
    expect(find(HOTP[4]!, 100, { after: 3 })).toBe(4);
    // The clock went back.
    expect(find(HOTP[3]!, 100, { after: 9 })).toBeUndefined();
  });

  it.each(['', '28708', '2870822', '28708a', '２８７０８２', ' 287082', '-87082', '2e7082'])(
    'is not looked for in %j',
    (text) => {
      expect(find(text, 59)).toBeUndefined();
    },
  );
});

describe.skipIf(!existsSync(OATHTOOL))('oathtool', () => {
  /** The codes of so many steps from a moment on. */
  const oathtool = (secret: string, seconds: number, steps = 1) => {
    const now = new Date(seconds * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
    const window = `--window=${steps - 1}`;
    const args = ['--totp=sha1', '--base32', window, '--now', now, secret];
    return execFileSync(OATHTOOL, args, { encoding: 'utf8' }).trim().split('\n');
  };

  it('agrees on the vectors of RFC 6238', () => {
    for (const [seconds, eight] of TOTP.slice(0, 5)) {
      expect(oathtool(SECRET, seconds)).toEqual([eight.slice(-6)]);
    }
  });

  it('makes the codes that are accepted, for secrets made here', () => {
    for (let i = 0; i < 50; i++) {
      const secret = newTotpSecret(systemRandom);
      const seconds = 1_700_000_000 + i * 7_654_321;
      const step = Math.floor(seconds / 30);
      const codes = oathtool(secret, seconds - 60, 4);
      const found = codes.map((code) => find(code, seconds, { secret }));
      expect(found).toEqual([undefined, step - 1, step, step + 1]);
    }
  });
});

describe('a new secret', () => {
  it('has the 160 bits that RFC 4226 recommends', () => {
    const secrets = Array.from({ length: 100 }, () => newTotpSecret(systemRandom));
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  it('reaches the app in an address that names server and account', () => {
    const uri = provisioningUri({ issuer: 'id.example.com', account: 'a:b ü@x', secret: SECRET });
    const { protocol, host, pathname, searchParams } = new URL(uri);
    expect([protocol, host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(pathname)).toBe('/id.example.com:a b ü@x');
    expect(searchParams.get('secret')).toBe(SECRET);
    expect(searchParams.get('issuer')).toBe('id.example.com');
    // What is left out is what every app takes for granted: SHA-1, six digits, thirty seconds.
    expect(searchParams.get('digits') ?? '6').toBe('6');
    expect(searchParams.get('period') ?? '30').toBe('30');
    expect(searchParams.get('algorithm')?.toLowerCase() ?? 'sha1').toBe('sha1');
  });
});
