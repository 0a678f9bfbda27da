import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stages } from '../support/database.ts';
import { CHANGE_PASSWORD, ME, REGISTER } from '../support/documents.ts';
import { startThrottledApp } from '../support/guesses.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { expectType } from '../support/app.ts';

const WRONG = 'INVALID_CREDENTIALS';
const HOUR = 3600;
const DAY = 24 * HOUR;

let lastAddress = 0;
/** An address that nobody came from before. */
const anAddress = () => {
  lastAddress += 1;
  return `198.51.${lastAddress >> 8}.${lastAddress & 255}`;
};

describe.each(stages)('throttles on %s', (provider) => {
  let stage: Awaited<ReturnType<typeof startThrottledApp>>;
  let tokens: Record<string, string>;
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    await setUpAdmin(stage.app);
    tokens = {};
    for (const name of ['Ada', 'Bea', 'Cyd', 'Dot', 'Eve', 'Fay', 'Gil', 'Hal', 'Ivy']) {
      tokens[name] = (await registerUser(stage.app, name)).accessToken;
    }
  });
  afterAll(() => stage.app.close());

  const checkedDuring = async (work: () => Promise<unknown>) => {
    const before = await stage.checked();
    await work();
    return (await stage.checked()) - before;
  };
  const change = (token: string, currentPassword: string, newPassword = PASSWORD) => {
    const input = { currentPassword, newPassword };
    return stage.app.graphql(CHANGE_PASSWORD, { input }, token);
  };

  it('let five guesses through, then make the guesser wait twice as long each time', async () => {
    const address = anAddress();
    const outcomes = await stage.guessTimes(6, 'Ada', address);
    for (const seconds of [30, 60, 120]) {
      stage.app.clock.step(seconds - 1);
      outcomes.push(await stage.guess('Ada', address));
      stage.app.clock.step(1);
      outcomes.push(await stage.guess('Ada', address), await stage.guess('Ada', address));
    }
    const free = Array<string>(5).fill(WRONG);
    expect(outcomes).toEqual([...free, 30, 1, WRONG, 60, 1, WRONG, 120, 1, WRONG, 240]);
  });

  it('do not make those wait longer who try in vain', async () => {
    const address = anAddress();
    const outcomes = await stage.guessTimes(20, 'Bea', address);
    expect(new Set(outcomes.slice(5))).toEqual(new Set([30]));
    stage.app.clock.step(30);
    expect(await stage.signIn('Bea', address)).toBe('AuthPayload');
  });

  it('know a name in whatever letters, and an account that is not there like one that is', async () => {
    const [here, there] = [anAddress(), anAddress()];
    const known = ['Ada ', 'ADA', 'ａｄａ', 'ada', ' aDa', 'Ada', 'Ada'];
    const unknown = ['Zoe ', 'ZOE', 'ｚｏｅ', 'zoe', ' zOe', 'Zoe', 'Zoe'];
    stage.app.clock.step(40 * DAY);
    const answers = [];
    for (const [i, name] of known.entries()) {
      answers.push([await stage.guess(name, here), await stage.guess(unknown[i]!, there)]);
    }
    for (const [one, other] of answers) expect(one).toBe(other);
    expect(answers.at(-1)).toEqual([30, 30]);
  });

  it('begin anew after a success, for that account and not for the others of the address', async () => {
    const address = anAddress();
    await stage.guessTimes(4, 'Cyd', address);
    expect(await stage.signIn('Cyd', address)).toBe('AuthPayload');
    expect(await stage.guessTimes(5, 'Cyd', address)).toEqual(Array(5).fill(WRONG));
    expect(await stage.guess('Cyd', address)).toBe(30);

    for (let i = 0; i < 25; i++) await stage.guessTimes(4, `nobody ${i}`, address);
    expect(await stage.guess('nobody else', address)).toBe(30);
    expect(await stage.guess('nobody else', anAddress())).toBe(WRONG);
  });

  it('do not count an office against itself whose people sign in', async () => {
    const address = anAddress();
    const { throttle } = stage.app.services.db.prisma;
    const where = { kind: 'signInFrom' };
    expect(await stage.guess('Dot', address)).toBe(WRONG);
    await throttle.updateMany({ where, data: { attempts: 99 } });
    // The hundredth attempt makes everybody wait; that it succeeds takes it back.
    expect(await stage.signIn('Dot', address)).toBe('AuthPayload');
    expect(await stage.signIn('Eve', address)).toBe('AuthPayload');
    expect(await stage.guess('Fay', address)).toBe(WRONG);
    expect(await stage.guess('Gil', address)).toBe(30);
    // Who signed in there before does not wait for those who mistype.
    expect(await stage.signIn('Dot', address)).toBe('AuthPayload');
  });

  it('count an address of IPv6 by its network', async () => {
    for (let i = 0; i < 5; i++) {
      expect(await stage.guess('Fay', `2001:db8:1:2::${i + 1}`)).toBe(WRONG);
    }
    expect(await stage.guess('Fay', '2001:db8:1:2:ffff::9')).toBe(30);
    expect(await stage.guess('Fay', '2001:db8:1:3::1')).toBe(WRONG);
  });

  it('let somebody in who began before another and is counted after', async () => {
    const address = anAddress();
    expect(await stage.guess('a first one', address)).toBe(WRONG);
    stage.app.clock.step(-0.005);
    expect(await stage.guess('a second one', address)).toBe(WRONG);
    expect(await stage.signIn('Dot', address)).toBe('AuthPayload');
    stage.app.clock.step(-0.005);
    expect(await stage.signIn('Dot', address)).toBe('AuthPayload');
  });

  it('forget after a day', async () => {
    const address = anAddress();
    await stage.guessTimes(6, 'nobody', address);
    stage.app.clock.step(DAY + 30);
    expect(await stage.guessTimes(6, 'nobody', address)).toEqual([...Array(5).fill(WRONG), 30]);
  });

  it('let five of a hundred guesses at once through', async () => {
    const address = anAddress();
    const checked = await checkedDuring(() =>
      Promise.all(Array.from({ length: 100 }, () => stage.guess('Gil', address))),
    );
    expect(checked).toBe(5);
  });

  it('let ten of a hundred guesses at once from a hundred addresses through', async () => {
    const checked = await checkedDuring(() =>
      Promise.all(Array.from({ length: 100 }, (_, i) => stage.guess('Hal', `192.0.2.${i}`))),
    );
    expect(checked).toBe(10);
  });

  it('slow strangers from a network, never who signed in from there before or is signed in', async () => {
    const home = anAddress();
    let last = 0;
    const there = () => `203.0.113.${(last += 1)}`;
    expect(await stage.signIn('Ivy', home)).toBe('AuthPayload');
    for (let i = 0; i < 10; i++) expect(await stage.guess('Ivy', there())).toBe(WRONG);
    for (let day = 0; day < 5; day++) {
      expect(await stage.guess('Ivy', there())).toBeGreaterThan(0);
      expect(await stage.signIn('Ivy', there())).toBeGreaterThan(0);
      expect(await stage.signIn('Ivy', home)).toBe('AuthPayload');
      stage.app.clock.step(HOUR);
      expect(await stage.guess('Ivy', there())).toBe(WRONG);
    }
  });

  it('leave a session alone whatever strangers do', async () => {
    const { user, accessToken } = await registerUser(stage.app, 'Kim');
    expect(user.username).toBe('Kim');
    for (let i = 0; i < 12; i++) await stage.guess('Kim', '127.0.0.1');
    expect(await stage.signIn('Kim', '127.0.0.1')).toBeGreaterThan(0);
    expect((await stage.app.graphql(ME, {}, accessToken)).errors).toEqual([]);
    const changed = await change(accessToken, PASSWORD);
    expectType(changed.data.changePassword, 'ChangePasswordPayload');
  });

  it('count guesses at the current password by session', async () => {
    const { accessToken } = await registerUser(stage.app, 'Lea');
    const other = await registerUser(stage.app, 'Max');
    for (let i = 0; i < 5; i++) {
      expectType((await change(accessToken, 'no')).data.changePassword, 'WrongPasswordError');
    }
    const refused = await change(accessToken, PASSWORD);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 30,
    });
    const fine = await change(other.accessToken, PASSWORD);
    expectType(fine.data.changePassword, 'ChangePasswordPayload');
  });

  it('do not count a new password that the policy refuses', async () => {
    const { accessToken } = await registerUser(stage.app, 'Nat');
    for (let i = 0; i < 10; i++) {
      const refused = await change(accessToken, PASSWORD, 'short');
      expectType(refused.data.changePassword, 'PasswordRefusedError');
    }
  });

  it('let fifty accounts an address be made', async () => {
    const register = async (username: string, password: string) => {
      const body = { query: String(REGISTER), variables: { input: { username, password } } };
      const headers = { 'x-forwarded-for': '198.18.0.1' };
      return (await stage.app.rest('POST', '/graphql', { body, headers })).text;
    };
    for (let i = 0; i < 10; i++) expect(await register('refused', 'short')).toMatch(/PASSWORD_R/);
    for (let i = 0; i < 49; i++) expect(await register(`new ${i}`, PASSWORD)).toMatch(/AuthPay/);
    expect(await register('new 0', PASSWORD)).toMatch(/USERNAME_TAKEN/);
    expect(await register('new 51', PASSWORD)).toMatch(/RATE_LIMITED.*"retryAfterSeconds":30/);
  });

  it('keep no name and no address that anybody typed or came from', async () => {
    const address = anAddress();
    await stage.guess('a very secret name', address);
    const rows = await stage.app.services.db.prisma.throttle.findMany();
    expect(rows.length).toBeGreaterThan(2);
    for (const { key } of rows) expect(key).toMatch(/^[\w-]{43}$/);
  });

  it('let nobody through when they cannot be asked', async () => {
    const broken = await startThrottledApp({ provider });
    try {
      await setUpAdmin(broken.app);
      await broken.app.services.db.prisma.$executeRaw`DROP TABLE "Throttle"`;
      expect(await broken.signIn('admin', anAddress())).toBe('INTERNAL_SERVER_ERROR');
      expect(await broken.checked()).toBe(0);
    } finally {
      await broken.app.close();
    }
  });
});
