import { stat } from 'node:fs/promises';
import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { createHasher, type HasherOptions } from '../../src/adapters/hasher.ts';
import { AppError } from '../../src/core/errors.ts';

const QUICK = { memoryKib: 64, time: 1, parallelism: 1, concurrency: 2, queueLimit: 100 };
const REAL = { ...QUICK, memoryKib: 19_456, time: 2 };

const hasherWith = (options: Partial<HasherOptions> = {}) => createHasher({ ...QUICK, ...options });

/** The processor time that one takes of what the other takes, each round by itself: the median. */
async function shareOfWork(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<number> {
  const spentOn = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const shares: number[] = [];
  for (let round = 0; round < 9; round += 1)
    shares.push((await spentOn(one)) / (await spentOn(other)));
  return shares.sort((a, b) => a - b)[4] ?? 0;
}

describe('hash', () => {
  it('makes argon2id PHC strings of the settings, each with a salt of its own', async () => {
    const hasher = hasherWith();
    const [one, two] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[^$]{22}\$[^$]{43}$/);
    expect(one).not.toBe(two);
  });
});

describe('verify', () => {
  it.each([
    ['a 4-byte emoji', 'correct 🐎 battery', 'correct 🐴 battery'],
    ['a NUL byte', 'before\0after', 'before\0other'],
    ['a trailing space', 'trailing ', 'trailing'],
    ['200 characters', 'x'.repeat(200), 'x'.repeat(199)],
    ['an empty text', '', ' '],
    ['letter case', 'Secret', 'secret'],
  ])('takes %s exactly (ASVS 6.2.8)', async (_what, password, other) => {
    const hasher = hasherWith();
    const hash = await hasher.hash(password);
    expect(await hasher.verify(hash, password)).toBe(true);
    expect(await hasher.verify(hash, other)).toBe(false);
  });

  it('takes composed, decomposed and full-width spellings as one password (NFKC)', async () => {
    const hasher = hasherWith();
    const hash = await hasher.hash('Zo\u00EB 1');
    expect(await hasher.verify(hash, 'Zoe\u0308 1')).toBe(true);
    expect(await hasher.verify(hash, 'Zo\u00EB \uFF11')).toBe(true);
  });

  it('reads hashes that were made with other settings', async () => {
    const hash = await hasherWith({ memoryKib: 128, time: 3 }).hash('secret');
    expect(await hasherWith().verify(hash, 'secret')).toBe(true);
  });

  it('takes the hash of another system for what was typed there, composed or not', async () => {
    const typed = 'Zoe\u0308 1';
    const raw = await argon2.hash(typed, { memoryCost: 64, timeCost: 1 });
    const normalized = await argon2.hash(typed.normalize('NFKC'), { memoryCost: 64, timeCost: 1 });
    expect(await hasherWith().verify(raw, typed)).toBe(true);
    expect(await hasherWith().verify(normalized, typed)).toBe(true);
    expect(await hasherWith().verify(raw, typed.normalize('NFKC'))).toBe(false);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a bcrypt hash', '$2b$12$abcdefghijklmnopqrstuv'],
    ['a hash without its digest', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$'],
    ['too little memory', `$argon2id$v=19$m=1,t=1,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`],
    ['too much memory', `$argon2id$v=19$m=99999999999,t=1,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`],
    ['more than a hash', `$argon2id$v=19$m=64,t=1,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}$x`],
  ])('answers false for %s', async (_what, hash) => {
    expect(await hasherWith().verify(hash, 'secret')).toBe(false);
  });

  it('costs an unknown user and an unreadable hash what a wrong password costs', async () => {
    const hasher = createHasher(REAL);
    const hash = await hasher.hash('secret');
    const wrong = () => hasher.verify(hash, 'wrong');
    // Without the work it would be a thousandth.
    for (const none of [undefined, '$2b$12$abc']) {
      expect(await shareOfWork(() => hasher.verify(none, 'wrong'), wrong)).toBeGreaterThan(0.2);
    }
  });
});

describe('verify of a password that NFKC changes', () => {
  it('costs an unknown user what a wrong password costs', async () => {
    const hasher = hasherWith({ memoryKib: 4096 });
    const hash = await hasher.hash('secret');
    const wrong = () => hasher.verify(hash, 'wro\u0308ng');
    const unknown = () => hasher.verify(undefined, 'wro\u0308ng');
    // With one spelling tried of two it would be half.
    expect(await shareOfWork(unknown, wrong)).toBeGreaterThan(0.7);
  });
});

describe('verify of what costs too much', () => {
  const LONG = '\ufdfa';
  const DEAR = `$6$rounds=262144$salt$${'b'.repeat(86)}`;

  it.each([
    ['more code units than a password has', 'x'.repeat(1025)],
    ['a megabyte', 'x'.repeat(2 ** 20)],
    ['more bytes after NFKC', LONG.repeat(32)],
    ['the most that NFKC makes of 1,024 code units', LONG.repeat(1024)],
    ['more bytes of four each', '\u{1f40e}'.repeat(257)],
  ])('takes %s for a wrong password, after the work of one', async (_what, password) => {
    const hasher = createHasher(REAL);
    const hash = await hasher.hash('secret');
    const wrong = () => hasher.verify(hash, 'wrong');
    for (const stored of [hash, DEAR, undefined]) {
      const long = () => hasher.verify(stored, password);
      expect(await long()).toBe(false);
      const share = await shareOfWork(long, wrong);
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(5);
    }
    await expect(hasher.hash(password)).rejects.toThrow('too long');
  });

  it('takes every password that the policy takes, spelt in either way', async () => {
    const hasher = hasherWith();
    for (const password of ['\u{1f40e}'.repeat(256), '\u1112\u1161\u11ab'.repeat(256)]) {
      const hash = await hasher.hash(password);
      expect(await hasher.verify(hash, password)).toBe(true);
      expect(await hasher.verify(hash, password.normalize('NFKC'))).toBe(true);
    }
  });

  it.each([
    ['bcrypt', `$2b$31$${'a'.repeat(53)}`],
    ['sha-crypt', `$6$rounds=999999999$salt$${'b'.repeat(86)}`],
    ['pbkdf2', `$pbkdf2-sha512$2000000$c29tZXNhbHQ$${'a'.repeat(900)}`],
    ['scrypt', `$scrypt$ln=20,r=8,p=1$c29tZXNhbHQ$${'a'.repeat(43)}`],
    ['argon2', `$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$${'a'.repeat(42)}A`],
  ])('does the work of a usual hash for a stored %s hash of too much', async (_what, stored) => {
    const hasher = createHasher(REAL);
    const hash = await hasher.hash('secret');
    const share = await shareOfWork(
      () => hasher.verify(stored, 'wrong'),
      () => hasher.verify(hash, 'wrong'),
    );
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(5);
  });
});

describe('needsRehash', () => {
  it('tells every setting that differs, and what is no hash of ours', async () => {
    const hash = await hasherWith().hash('secret');
    expect(hasherWith().needsRehash(hash)).toBe(false);
    expect(hasherWith({ memoryKib: 65 }).needsRehash(hash)).toBe(true);
    expect(hasherWith({ time: 2 }).needsRehash(hash)).toBe(true);
    expect(hasherWith({ parallelism: 2 }).needsRehash(hash)).toBe(true);
    expect(hasherWith().needsRehash(hash.replace('v=19', 'v=16'))).toBe(true);
    expect(hasherWith().needsRehash(await argon2.hash('secret', { type: argon2.argon2i }))).toBe(
      true,
    );
    expect(hasherWith().needsRehash('')).toBe(true);
    expect(hasherWith().needsRehash(`$2b$04$${'a'.repeat(53)}`)).toBe(true);
  });
});

describe('overload', () => {
  it('refuses at once what can neither run nor wait, and says when to come back', async () => {
    const hasher = hasherWith({ concurrency: 1, queueLimit: 2 });
    const accepted = [1, 2, 3].map(() => hasher.hash('secret'));
    expect(hasher.stats()).toEqual({ running: 1, waiting: 2 });
    const refused = await hasher.verify(undefined, 'secret').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AppError);
    expect(refused).toMatchObject({ code: 'OVERLOADED', details: { retryAfterSeconds: 1 } });
    await Promise.all(accepted);
    expect(hasher.stats()).toEqual({ running: 0, waiting: 0 });
  });

  it('gives the place of a client that is gone to the next one at once', async () => {
    const hasher = hasherWith({ concurrency: 1, queueLimit: 2 });
    const gone = new AbortController();
    const first = hasher.hash('secret');
    const stopped = [1, 2].map(() => hasher.verify(undefined, 'secret', gone.signal));
    expect(hasher.stats()).toEqual({ running: 1, waiting: 2 });
    gone.abort(new Error('gone'));
    expect(hasher.stats()).toEqual({ running: 1, waiting: 0 });
    for (const one of stopped) await expect(one).rejects.toThrow('gone');
    await expect(Promise.all([first, hasher.hash('secret')])).resolves.toHaveLength(2);
  });

  it('reckons the wait from the line and the time that hashes took', async () => {
    const hasher = hasherWith({ concurrency: 1, queueLimit: 100 });
    const secondsToWait = async () => {
      const line = Array.from({ length: 101 }, () => hasher.verify(undefined, 'secret'));
      const refused = await hasher.hash('secret').catch((error: unknown) => error);
      await Promise.all(line);
      return (refused as AppError).details.retryAfterSeconds;
    };
    expect(await secondsToWait()).toBeGreaterThan(4);
    expect(await secondsToWait()).toBe(1);
  });

  it('leaves the thread pool free for others however many wait', async () => {
    const hasher = createHasher({ ...REAL, concurrency: 3 });
    const order: string[] = [];
    const hashes = Array.from({ length: 9 }, () =>
      hasher.verify(undefined, 'secret').then(() => order.push('hash')),
    );
    await stat('.').then(() => order.push('file'));
    expect(order[0]).toBe('file');
    await Promise.all(hashes);
  });
});
