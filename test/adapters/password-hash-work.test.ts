import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { readPasswordHash } from '../../src/adapters/password-hashes/read.ts';
import { MAX_PASSWORD_BYTES } from '../../src/adapters/password-text.ts';

const SALT = 'AAECAwQFBgcICQoLDA0ODw';
const DIGEST = 'gIo+ytQY5C8YOO8hM2q5rRYAJkpbJpc5PtWEwzTxXpM';
const BCRYPT = 'CCCCCCCCCCCCCCCCCCCCC.W.AoQpVCMVY8J1FMFcXl8nZsYMuUw96';

/** The dearest hash of each kind that is taken. */
const DEAREST: readonly (readonly [string, string, string])[] = [
  ['argon2 of much memory', `$argon2id$v=19$m=131072,t=8,p=1$${SALT}$${DIGEST}`, 'x'],
  ['argon2 of many passes', `$argon2id$v=19$m=64,t=16384,p=1$${SALT}$${DIGEST}`, 'x'],
  ['bcrypt', `$2b$13$${BCRYPT}`, 'x'],
  ['scrypt', `$scrypt$ln=17,r=8,p=1$${SALT}$${DIGEST}`, 'x'],
  ['scrypt of a small N', `$scrypt$ln=1,r=256,p=512$${SALT}$${DIGEST}`, 'x'],
  ['pbkdf2 with sha256', `$pbkdf2-sha256$2097152$${SALT}$${DIGEST}`, 'x'],
  ['pbkdf2 with a long hash', `$pbkdf2-sha1$100000$${SALT}$${DIGEST.repeat(9)}`, 'x'],
  ['pbkdf2 with sha512', `$pbkdf2-sha512$1048576$${SALT}$${DIGEST}`, 'x'],
  ['sha256-crypt', `$5$rounds=349525$salt$${DIGEST.replaceAll('+', '.')}`, 'x'],
  ['sha512-crypt', `$6$rounds=262144$salt$${'b'.repeat(86)}`, 'x'],
  [
    'sha512-crypt with a long password',
    `$6$rounds=131072$salt$${'b'.repeat(86)}`,
    'x'.repeat(MAX_PASSWORD_BYTES),
  ],
];

describe('the dearest check that is taken', () => {
  /** Processor time of all threads, in milliseconds. */
  const spentOn = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const usual = readPasswordHash(`$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${DIGEST}`)!;

  it.each(DEAREST)('of %s takes no more than a check may', async (_kind, hash, password) => {
    const dear = readPasswordHash(hash)!;
    expect(dear.isAffordable(password)).toBe(true);
    // By its units it is 27 times a usual one; without the bounds it is some hundreds to many thousands.
    let ratio = Infinity;
    for (let round = 0; round < 5 && ratio > 80; round++) {
      const one = await spentOn(() => usual.verify('x'));
      ratio = (await spentOn(() => dear.verify(password))) / one;
    }
    expect(ratio).toBeLessThan(80);
  });

  it('of sha-crypt hangs on the length of the password', () => {
    const hash = readPasswordHash(`$6$rounds=262144$salt$${'b'.repeat(86)}`)!;
    expect(hash.isAffordable('x'.repeat(255))).toBe(true);
    expect(hash.isAffordable('x'.repeat(256))).toBe(false);
    expect(hash.isAffordable('\u{1f40e}'.repeat(64))).toBe(false);
  });

  it('of sha-crypt leaves the event loop at rest, and ends when it is stopped', async () => {
    const hash = readPasswordHash(`$6$rounds=262144$salt$${'b'.repeat(86)}`)!;
    await hash.verify('x');
    const before = performance.eventLoopUtilization();
    await hash.verify('x');
    const { utilization } = performance.eventLoopUtilization(before);
    expect(utilization).toBeLessThan(0.5);

    const stop = new AbortController();
    const [whole, stopped] = [performance.now(), hash.verify('x', stop.signal)];
    const reason = new Error('nobody waits');
    stop.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    const ended = performance.now() - whole;
    await hash.verify('x');
    expect(ended).toBeLessThan(performance.now() - whole - ended);
  });
});
