import { readFileSync } from 'node:fs';
import argon2 from 'argon2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PASSWORD_HASH_FORMATS,
  readPasswordHash,
} from '../../src/adapters/password-hashes/read.ts';

interface Vector {
  readonly name: string;
  readonly password: string;
  readonly hash: string;
}

/** Made by other implementations; `password-hashes.py` says how. */
const MADE = JSON.parse(
  readFileSync(new URL('fixtures/password-hashes.json', import.meta.url), 'utf8'),
) as readonly Vector[];

const base64 = (digits: string) =>
  Buffer.from(digits, 'hex').toString('base64').replaceAll('=', '');

/** Published by those who define the formats. */
const PUBLISHED: readonly Vector[] = [
  {
    name: 'argon2id, from the tests of the reference implementation',
    password: 'password',
    hash: '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  },
  {
    name: 'argon2i, from the tests of the reference implementation',
    password: 'password',
    hash: '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  },
  {
    name: 'argon2i of version 16, from the tests of the reference implementation',
    password: 'password',
    hash: '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
  },
  {
    name: 'argon2id behind the name that Django puts before it',
    password: 'password',
    hash: 'argon2$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  },
  {
    name: 'bcrypt, from the tests of crypt_blowfish',
    password: 'U*U*U',
    hash: '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a',
  },
  {
    name: 'scrypt, from the passlib manual',
    password: 'password',
    hash: '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  },
  {
    name: 'scrypt, from RFC 7914 section 12',
    password: 'pleaseletmein',
    hash: `$scrypt$ln=14,r=8,p=1$${base64(Buffer.from('SodiumChloride').toString('hex'))}$${base64(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    )}`,
  },
  {
    name: 'scrypt of Firebase, from its own repository',
    password: 'user1password',
    hash: '$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  },
  {
    name: 'PBKDF2 with sha256, from the tests of passlib',
    password: 'password',
    hash: '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
  },
  {
    name: 'PBKDF2 with sha512, from the tests of passlib',
    password: 'password',
    hash: '$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww',
  },
  {
    name: 'PBKDF2 with sha1, from RFC 6070',
    password: 'password',
    hash: `$pbkdf2$4096$${base64('73616c74')}$${base64('4b007901b765489abead49d926f721d065a429c1')}`,
  },
  {
    name: 'sha256-crypt, from its specification',
    password: 'Hello world!',
    hash: '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  },
  {
    name: 'sha512-crypt over more than one block, from its specification',
    password:
      'a very much longer text to encrypt.  This one even stretches over morethan one line.',
    hash: '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  },
  {
    name: 'sha512-crypt, from its specification',
    password: 'Hello world!',
    hash: '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  },
];

describe('a hash of another system', () => {
  it.each([...PUBLISHED, ...MADE])('is verified: $name', async ({ password, hash }) => {
    const read = readPasswordHash(hash);
    expect(read?.isAffordable()).toBe(true);
    expect(await read?.verify(password)).toBe(true);
    expect(await read?.verify(`${password}x`)).toBe(false);
  });
});

describe('argon2', () => {
  it('is verified with any settings as the reference implementation makes it', async () => {
    const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
    const made = fc.record({
      type: fc.constantFrom(argon2.argon2d, argon2.argon2i, argon2.argon2id),
      version: fc.constantFrom(16, 19),
      parallelism: fc.constantFrom(1, 2, 3, 16),
      memoryCost: fc.integer({ min: 128, max: 2000 }),
      timeCost: fc.integer({ min: 1, max: 4 }),
      hashLength: fc.integer({ min: 12, max: 100 }),
      salt: bytes(9, 64).map((salt) => Buffer.from(salt)),
    });
    await fc.assert(
      fc.asyncProperty(made, fc.string({ unit: 'grapheme' }), async (settings, password) => {
        const read = readPasswordHash(await argon2.hash(password, settings));
        expect(await read?.verify(password)).toBe(true);
        expect(await read?.verify(`${password}x`)).toBe(false);
      }),
    );
  });

  it.each([
    ['digits', 'c29tZXNhbHQ', 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc', true],
    ['a salt that is no whole number of bytes', 'c29tZXNhbHQaa', `${'a'.repeat(42)}A`, false],
    ['a salt with bits to spare', 'c29tZXNhbHR', `${'a'.repeat(42)}A`, false],
    ['a digest with bits to spare', 'c29tZXNhbHQ', 'a'.repeat(43), false],
  ])('is told from what nothing can have made: %s', (_what, salt, digest, isHash) => {
    const read = readPasswordHash(`$argon2id$v=19$m=64,t=1,p=1$${salt}$${digest}`);
    expect(read !== undefined).toBe(isHash);
  });
});

const SALT = 'AAECAwQFBgcICQoLDA0ODw';
const DIGEST = 'gIo+ytQY5C8YOO8hM2q5rRYAJkpbJpc5PtWEwzTxXpM';
const BCRYPT = 'CCCCCCCCCCCCCCCCCCCCC.W.AoQpVCMVY8J1FMFcXl8nZsYMuUw96';

describe('bcrypt', () => {
  it('looks at 72 bytes, as every implementation does', async () => {
    const hash = readPasswordHash('$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC');
    expect(await hash?.verify('x'.repeat(72))).toBe(true);
    expect(await hash?.verify('x'.repeat(73))).toBe(true);
    expect(await hash?.verify('x'.repeat(71))).toBe(false);
  });

  it('does not end at a NUL, so that nothing can be hidden behind one', async () => {
    const hash = readPasswordHash(`$2b$04$${BCRYPT}`);
    expect(await hash?.verify('Tr0ub4dor & 3')).toBe(true);
    expect(await hash?.verify('Tr0ub4dor & 3\0hidden')).toBe(false);
  });
});

describe('what a hash asks for', () => {
  it.each([
    ['bcrypt', `$2b$13$${BCRYPT}`, true],
    ['bcrypt', `$2b$14$${BCRYPT}`, false],
    ['bcrypt', `$2b$99$${BCRYPT}`, false],
    ['bcrypt', `$2b$03$${BCRYPT}`, false],
    ['bcrypt_sha256 of Django', `bcrypt_sha256$$2b$14$${BCRYPT}`, false],
    ['argon2', `$argon2id$v=19$m=131072,t=8,p=16$${SALT}$${DIGEST}`, true],
    ['argon2', `$argon2id$v=19$m=131072,t=9,p=1$${SALT}$${DIGEST}`, false],
    ['argon2', `$argon2id$v=19$m=131073,t=1,p=1$${SALT}$${DIGEST}`, false],
    ['argon2', `$argon2id$v=19$m=64,t=16385,p=1$${SALT}$${DIGEST}`, false],
    ['argon2', `$argon2id$v=19$m=65536,t=1,p=17$${SALT}$${DIGEST}`, false],
    ['argon2', `$argon2id$v=19$m=65536,t=0,p=1$${SALT}$${DIGEST}`, false],
    ['scrypt', `$scrypt$ln=17,r=8,p=1$${SALT}$${DIGEST}`, true],
    ['scrypt', `$scrypt$ln=17,r=8,p=2$${SALT}$${DIGEST}`, false],
    ['scrypt', `$scrypt$ln=18,r=8,p=1$${SALT}$${DIGEST}`, false],
    ['scrypt', `$scrypt$ln=1,r=1024,p=512$${SALT}$${DIGEST}`, false],
    ['scrypt', `$scrypt$ln=63,r=8,p=1$${SALT}$${DIGEST}`, false],
    ['scrypt of Django', `scrypt$1000$salt$8$1$${DIGEST}`, false],
    ['scrypt of Werkzeug', `scrypt:1024:0:1$salt$${'ab'.repeat(32)}`, false],
    ['pbkdf2', `$pbkdf2-sha256$2097152$${SALT}$${DIGEST}`, true],
    ['pbkdf2', `$pbkdf2-sha256$2097153$${SALT}$${DIGEST}`, false],
    ['pbkdf2', `$pbkdf2-sha256$2097152$${SALT}$${DIGEST.repeat(2)}`, false],
    ['pbkdf2', `$pbkdf2-sha512$1048576$${SALT}$${DIGEST.repeat(2)}`, true],
    ['pbkdf2', `$pbkdf2-sha512$1048577$${SALT}$${DIGEST}`, false],
    ['pbkdf2 of Django', `pbkdf2_sha256$1200000$salt$${DIGEST}`, true],
    ['pbkdf2 of Django', `pbkdf2_sha256$0$salt$${DIGEST}`, false],
    ['pbkdf2 of Werkzeug', `pbkdf2:sha1:1048576$salt$${'ab'.repeat(40)}`, true],
    ['pbkdf2 of Werkzeug', `pbkdf2:sha1:1048576$salt$${'ab'.repeat(41)}`, false],
    ['sha256-crypt', `$5$rounds=349525$salt$${DIGEST.replaceAll('+', '.')}`, true],
    ['sha256-crypt', `$5$rounds=349526$salt$${DIGEST.replaceAll('+', '.')}`, false],
    ['sha256-crypt', `$5$rounds=999$salt$${DIGEST.replaceAll('+', '.')}`, false],
    ['sha512-crypt', `$6$rounds=262144$salt$${'b'.repeat(86)}`, true],
    ['sha512-crypt', `$6$rounds=262145$salt$${'b'.repeat(86)}`, false],
  ])('is bounded: %s %s', (name, hash, isAffordable) => {
    const read = readPasswordHash(hash);
    expect([read?.format.name, read?.isAffordable()]).toEqual([name, isAffordable]);
  });
});

describe('a text that is no hash', () => {
  const samples = [...PUBLISHED, ...MADE].map(({ hash }) => hash);
  const cheap = `$argon2i$m=64,t=1,p=1$${SALT}$${DIGEST}`;

  it.each([
    ['an unsalted MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['md5-crypt', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/'],
    ['bcrypt with the faults of $2x$', `$2x$04$${BCRYPT}`],
    ['a bcrypt hash cut short', `$2b$04$${BCRYPT.slice(1)}`],
    ['a hash with more behind it', `$2b$04$${BCRYPT}\n`],
    ['nothing', ''],
  ])('is told from one: %s', (_what, text) => {
    expect(readPasswordHash(text)).toBeUndefined();
  });

  it('is never taken for one that cannot be verified, and is read at once (fuzz)', async () => {
    const torn = fc
      .tuple(fc.constantFrom(cheap, ...samples), fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }))
      .map(([hash, at, cut, put]) => {
        const place = at % (hash.length + 1);
        return hash.slice(0, place) + put + hash.slice(place + cut);
      });
    const long = fc
      .tuple(fc.constantFrom('$', 'a', '1', '$2b$', '$scrypt$ln=1', 'rounds='), fc.nat(100_000))
      .map(([part, count]) => part.repeat(count));
    await fc.assert(
      fc.asyncProperty(fc.oneof(torn, long, fc.string()), async (text) => {
        const before = performance.now();
        const read = readPasswordHash(text);
        expect(performance.now() - before).toBeLessThan(100);
        const isCheap = !/\$(1[2-9]\d\d\d|\d{5,})|=\d{4,}|\$(0[6-9]|1\d)\$|ln=1[2-9]/.test(text);
        if (read?.isAffordable() && isCheap) expect(await read.verify('x')).toBeTypeOf('boolean');
      }),
      { numRuns: 500 },
    );
  });

  it('has a format of its own in every sample', () => {
    const formats = new Set(samples.map((hash) => readPasswordHash(hash)?.format));
    expect(formats).toEqual(new Set(PASSWORD_HASH_FORMATS));
  });
});
