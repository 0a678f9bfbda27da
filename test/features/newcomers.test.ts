import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../support/database.ts';
import { networks, startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import { REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';

const WRONG = 'INVALID_CREDENTIALS';
const MINUTE = 60;
const DAY = 24 * 3600;

describe.each(providers)('guesses from elsewhere on %s', (provider) => {
  let stage: ThrottledApp;
  const anywhere = networks();
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    await setUpAdmin(stage.app);
    for (const name of ['Ada', 'Bea', 'Cyd', 'Dot', 'Eve', 'Fay', 'Gil']) {
      await registerUser(stage.app, name);
    }
  });
  afterAll(() => stage.app.close());

  /** One attacker who guesses whenever they may, for so many seconds. */
  const poll = async (name: string, addresses: readonly string[], seconds: number) => {
    const { app, guess } = stage;
    for (let passed = 0; passed < seconds; passed += 10 * MINUTE) {
      for (const address of addresses) await guess(name, address);
      app.clock.step(10 * MINUTE);
    }
    for (const address of addresses) await guess(name, address);
  };

  it('from one address keep nobody out who comes from another one', async () => {
    await stage.guessTimes(10, 'Ada', '198.51.100.1');
    await poll('Ada', ['198.51.100.1'], DAY / 2);
    expect(await stage.guess('Ada', '198.51.100.1')).toBeGreaterThan(0);
    expect(await stage.signIn('Ada', anywhere())).toBe('AuthPayload');
  });

  it('from a whole network keep nobody out who comes from another one', async () => {
    const addresses = Array.from({ length: 20 }, (_, i) => `198.51.100.${i + 1}`);
    await poll('Bea', addresses, 2 * 3600);
    expect(await stage.guess('Bea', '198.51.100.200')).toBeGreaterThan(0);
    expect(await stage.signIn('Bea', '198.51.101.1')).toBe('AuthPayload');
  });

  it('from a network of IPv6 keep nobody out who comes from another one', async () => {
    const addresses = Array.from({ length: 20 }, (_, i) => `2001:db8:1:${i}::1`);
    await poll('Cyd', addresses, 2 * 3600);
    expect(await stage.guess('Cyd', '2001:db8:1:ffff::1')).toBeGreaterThan(0);
    expect(await stage.signIn('Cyd', '2001:db8:2::1')).toBe('AuthPayload');
  });

  it('let a newcomer mistype twice while others guess', async () => {
    await poll('Dot', ['198.51.100.1'], DAY / 2);
    const address = anywhere();
    expect(await stage.guessTimes(2, 'Dot', address)).toEqual([WRONG, WRONG]);
    expect(await stage.signIn('Dot', address)).toBe('AuthPayload');
  });

  it('make newcomers wait when they come from many networks, for minutes at first', async () => {
    for (let i = 0; i < 15; i++) expect(await stage.guess('Eve', anywhere())).toBe(WRONG);
    for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
      expect(await stage.signIn('Eve', anywhere())).toBe(seconds);
      stage.app.clock.step(seconds);
      expect(await stage.guess('Eve', anywhere())).toBe(WRONG);
    }
  });

  it('are a hundred in a row at most: seventy of newcomers and thirty of others', async () => {
    const rows = async () => {
      const { throttle } = stage.app.services.db.prisma;
      const kind = { in: ['signInNewcomers', 'signInRepeaters'] };
      const found = await throttle.findMany({ where: { kind, nextAt: { gt: 0 } } });
      return found.map(({ attempts }) => attempts).sort();
    };
    await stage.app.services.db.prisma.throttle.deleteMany();
    const [home, other] = ['198.51.100.1', '198.51.100.2'];
    for (const address of [home, home, home, other, other]) await stage.guess('Fay', address);
    for (let i = 5; i < 70; i++) {
      expect(await stage.guess('Fay', anywhere())).toBe(WRONG);
      stage.app.clock.step(15 * MINUTE);
    }
    expect(await rows()).toEqual([70]);
    // By now the addresses have been quiet for long enough; their network is known still.
    for (let i = 0; i < 30; i++) {
      expect(await stage.guess('Fay', i % 2 ? home : other)).toBe(WRONG);
      stage.app.clock.step(2 * 3600);
    }
    expect(await rows()).toEqual([30, 70]);
    expect(await stage.guess('Fay', home)).toBeGreaterThan(DAY / 2);
    stage.app.clock.step(DAY);
    expect(await stage.guess('Fay', home)).toBe(WRONG);
    expect(await stage.guess('Fay', other)).toBe(DAY);
    expect(await stage.guess('Fay', anywhere())).toBe(WRONG);
    expect(await stage.guess('Fay', anywhere())).toBe(DAY);
  });

  it('are fifteen of a hundred at once from a hundred networks', async () => {
    const before = await stage.checked();
    await Promise.all(Array.from({ length: 100 }, () => stage.guess('Gil', anywhere())));
    expect((await stage.checked()) - before).toBe(15);
  });

  it('are ten of a hundred at once from one network, which use up no more than its share', async () => {
    const before = await stage.checked();
    const addresses = Array.from({ length: 100 }, (_, i) => `203.0.113.${i}`);
    await Promise.all(addresses.map((address) => stage.guess('Hal', address)));
    expect((await stage.checked()) - before).toBeLessThanOrEqual(10);
    expect((await stage.checked()) - before).toBeGreaterThanOrEqual(5);
    for (let i = 0; i < 10; i++) expect(await stage.guess('Hal', anywhere())).toBe(WRONG);
  });

  it('do not keep the owner from asking for a link to reset the password', async () => {
    const email = 'ivy@example.com';
    const request = async (address: string) => {
      const { errors } = await stage.ask(REQUEST_PASSWORD_RESET, { input: { email } }, { address });
      return errors[0]?.extensions.code ?? 'sent';
    };
    const outcomes: string[] = [];
    for (let hour = 0; hour < 12; hour++) {
      for (let i = 0; i < 6; i++) outcomes.push(await request(`198.51.100.${i}`));
      stage.app.clock.step(3600);
    }
    expect(outcomes.filter((outcome) => outcome === 'sent').length).toBeLessThanOrEqual(5 + 12);
    expect(await request('198.51.100.9')).toBe('sent');
    expect(await request('198.51.100.9')).toBe('RATE_LIMITED');
    expect(await request(anywhere())).toBe('sent');
  });

  it('of an account that is not there are held back alike', async () => {
    const outcomes = { Ada: [] as unknown[], 'not there': [] as unknown[] };
    stage.app.clock.step(100 * DAY);
    const [mine, theirs] = [networks(1000), networks(2000)];
    for (let i = 0; i < 20; i++) {
      outcomes.Ada.push(await stage.guess('Ada', mine()));
      outcomes['not there'].push(await stage.guess('not there', theirs()));
    }
    expect(outcomes.Ada).toEqual(outcomes['not there']);
    expect(outcomes.Ada.at(-1)).toBe(30);
  });
});
