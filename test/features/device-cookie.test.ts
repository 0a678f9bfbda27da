import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, ME, REFRESH, REGISTER } from '../support/documents.ts';
import { cookieOf, networks, startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const WRONG = 'INVALID_CREDENTIALS';
const IN = 'AuthPayload';
const DAY = 24 * 3600;
const ATTACKER = '198.51.100.1';

describe.each(providers)('a device cookie on %s', (provider) => {
  let stage: ThrottledApp;
  const anywhere = networks();
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    await setUpAdmin(stage.app);
  });
  afterAll(() => stage.app.close());

  /** Registers a browser's user; answers the cookie that the browser keeps. */
  const newBrowser = async (username: string, address = anywhere(), cookie?: string) => {
    const email = `${username}@example.com`;
    const input = { username, email, password: PASSWORD };
    const answer = await stage.ask(REGISTER, { input }, { address, cookie });
    expect(answer.data.register.__typename).toBe('AuthPayload');
    return { cookie: answer.cookie ?? '', address, email };
  };
  const withCookie = (
    username: string,
    cookie: string,
    password = PASSWORD,
    address = anywhere(),
  ) => stage.guess(username, address, password, cookie);
  /** Closes an account to all who come from somewhere new. */
  const closeToStrangers = async (name: string) => {
    for (let i = 0; i < 15; i++) expect(await stage.guess(name, anywhere())).toBe(WRONG);
    expect(await stage.signIn(name, anywhere())).toBeGreaterThan(0);
  };

  it('lets its browser in by each name of the account, whatever strangers do', async () => {
    const { cookie, email } = await newBrowser('Ada');
    for (const name of ['Ada', email]) {
      await closeToStrangers(name);
      expect(await withCookie(name, cookie)).toBe(IN);
      expect(await withCookie(name.toUpperCase(), cookie)).toBe(IN);
    }
  });

  it('keeps its browser apart from strangers at the same address', async () => {
    const { cookie, address } = await newBrowser('Bea');
    await stage.guessTimes(8, 'Bea', address);
    expect(await stage.signIn('Bea', address)).toBeGreaterThan(0);
    expect(await withCookie('Bea', cookie, PASSWORD, address)).toBe(IN);
  });

  it('counts ten failures in a row, then no more than a stranger has', async () => {
    const { cookie, address } = await newBrowser('Cyd');
    const elsewhere = anywhere();
    for (let i = 0; i < 10; i++) {
      expect(await withCookie('Cyd', cookie, 'wrong', elsewhere)).toBe(WRONG);
    }
    const rest = [];
    for (let i = 0; i < 7; i++) rest.push(await withCookie('Cyd', cookie, 'wrong', elsewhere));
    expect(rest).toEqual([...Array<string>(5).fill(WRONG), 30, 30]);
    stage.app.clock.step(30 * DAY);
    await closeToStrangers('Cyd');
    expect(await withCookie('Cyd', cookie)).toBeGreaterThan(0);
    expect(await withCookie('Cyd', cookie, PASSWORD, address)).toBe(IN);
  });

  it('begins anew with each sign-in', async () => {
    const browser = await newBrowser('Dot');
    for (let i = 0; i < 9; i++) await withCookie('Dot', browser.cookie, 'wrong');
    expect(await withCookie('Dot', browser.cookie)).toBe(IN);
    await closeToStrangers('Dot');
    for (let i = 0; i < 9; i++)
      expect(await withCookie('Dot', browser.cookie, 'wrong')).toBe(WRONG);
    expect(await withCookie('Dot', browser.cookie)).toBe(IN);
  });

  it('lets ten of a hundred guesses at once through', async () => {
    const { cookie } = await newBrowser('Eve');
    await closeToStrangers('Eve');
    const before = await stage.checked();
    await Promise.all(Array.from({ length: 100 }, () => withCookie('Eve', cookie, 'wrong')));
    expect((await stage.checked()) - before).toBe(10);
  });

  it('is worth nothing for another account', async () => {
    const { cookie } = await newBrowser('Fay');
    await newBrowser('Gil');
    await closeToStrangers('Gil');
    expect(await withCookie('Gil', cookie)).toBeGreaterThan(0);
  });

  it('is worth nothing when it is changed, made up or too old', async () => {
    const { cookie } = await newBrowser('Hal');
    await closeToStrangers('Hal');
    const [name, token = ''] = cookie.split('=');
    const [nonce = '', expires = '', ...macs] = token.split('.');
    const later = (Number.parseInt(expires, 36) + 1000).toString(36);
    const forged = [
      [nonce, later, ...macs],
      [nonce.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), expires, ...macs],
      [nonce, expires, 'A'.repeat(22)],
      [nonce, expires],
      ['', '', ''],
      [...macs, ...macs, nonce],
    ].map((parts) => `${name}=${parts.join('.')}`);
    for (const made of [...forged, `${name}=${'~'.repeat(2000)}`, `${name}=%00%ff`, `x${cookie}`]) {
      expect(await withCookie('Hal', made), made).toBeGreaterThan(0);
    }
    expect(await withCookie('Hal', cookie)).toBe(IN);
    stage.app.clock.step(90 * DAY);
    await closeToStrangers('Hal');
    expect(await withCookie('Hal', cookie)).toBeGreaterThan(0);
  });

  it('is shared by the accounts of a browser, the last four of them', async () => {
    const address = anywhere();
    const names = ['Ivy', 'Jim', 'Kay', 'Lea', 'Mia'];
    let kept: string | undefined;
    for (const name of names) kept = (await newBrowser(name, address, kept)).cookie;
    expect(kept?.length).toBeLessThan(600);
    for (const name of names) {
      await closeToStrangers(name);
      const outcome = await withCookie(name, kept ?? '');
      expect([name, outcome === IN]).toEqual([name, name !== 'Ivy']);
    }
  });

  it('is no help to one who collected many of an account', async () => {
    const { cookie, address } = await newBrowser('Nat');
    const collected = [];
    for (let i = 0; i < 11; i++) {
      const input = { username: 'Nat', password: PASSWORD };
      collected.push((await stage.ask(LOGIN, { input }, { address })).cookie ?? '');
    }
    await closeToStrangers('Nat');
    let guessed = 0;
    for (const one of collected) {
      for (let i = 0; i < 10; i++) {
        if ((await withCookie('Nat', one, 'wrong')) === WRONG) guessed += 1;
      }
    }
    expect(guessed).toBe(100);
    // The browser itself is a stranger then, or comes from a place that is known.
    expect(await withCookie('Nat', cookie)).toBeGreaterThan(0);
    expect(await withCookie('Nat', cookie, PASSWORD, address)).toBe(IN);
  });

  it('signs nobody in', async () => {
    const { cookie, address } = await newBrowser('Oda');
    const { errors } = await stage.ask(ME, {}, { address, cookie });
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const headers = { cookie };
    for (const path of ['/api/auth/me', '/api/v1/users/me', '/compat/dumb/api/auth/users']) {
      expect((await stage.app.rest('GET', path, { headers })).status).toBe(401);
    }
    expect(await withCookie('Oda', cookie, 'wrong')).toBe(WRONG);
  });

  it('is set by a sign-in and by nothing else', async () => {
    const [address, username] = [anywhere(), 'Pat'];
    const { data, cookie } = await stage.ask(
      REGISTER,
      { input: { username, password: PASSWORD } },
      { address },
    );
    expect(cookie).toMatch(/^vestibule_device=[\w.-]+$/);
    if (data.register.__typename !== 'AuthPayload') throw new Error('not registered');
    const { refreshToken, accessToken: token } = data.register;
    const others = [
      await stage.ask(REFRESH, { input: { refreshToken } }, { address }),
      await stage.ask(ME, {}, { address, token }),
      await stage.ask(LOGIN, { input: { username, password: 'wrong' } }, { address }),
      await stage.ask(REGISTER, { input: { username, password: PASSWORD } }, { address }),
    ];
    for (const answer of others) expect(answer.cookie).toBeUndefined();
  });
});

/** The doors at which browsers sign in, by what they send. */
const LOGINS: Readonly<Record<string, readonly [string, object | string]>> = {
  graphql: [
    '/graphql',
    { query: String(LOGIN), variables: { input: { username: 'admin', password: PASSWORD } } },
  ],
  'quazzar-os': ['/compat/quazzar-os/api/auth/login', { username: 'admin', password: PASSWORD }],
  'quazzar-panel': ['/compat/quazzar-panel/api/auth/login', { email: 'admin', password: PASSWORD }],
  dumb: ['/compat/dumb/api/auth/login', { username: 'admin', password: PASSWORD }],
  lncrawl: ['/compat/lncrawl/api/auth/login', { email: 'admin', password: PASSWORD }],
  union: ['/compat/union/api/auth/login', { username: 'admin', password: PASSWORD }],
  dukatia: ['/compat/dukatia/api/v1/login', { name: 'admin', secret: PASSWORD }],
  qdash: [
    '/compat/qdash/auth/login',
    new URLSearchParams({ username: 'admin', password: PASSWORD }).toString(),
  ],
};

describe.each([
  [
    'http',
    'http://vestibule.test',
    /^vestibule_device=[\w.-]+; Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/,
  ],
  [
    'https',
    'https://vestibule.test',
    /^__Host-vestibule_device=[\w.-]+; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
])('over %s', (_scheme, publicUrl, expected) => {
  let stage: ThrottledApp;
  beforeAll(async () => {
    stage = await startThrottledApp({ env: { PUBLIC_URL: publicUrl } });
    await setUpAdmin(stage.app);
  });
  afterAll(() => stage.app.close());

  const signIn = (path: string, body: object | string, address: string, cookie?: string) =>
    stage.app.rest('POST', path, {
      body,
      headers: {
        'x-forwarded-for': address,
        ...(typeof body === 'string' && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(cookie !== undefined && { cookie }),
      },
    });

  it.each(Object.entries(LOGINS))(
    'is set through %s, and read there',
    async (_door, [path, body]) => {
      const place = networks(100);
      const answer = await signIn(path, body, place());
      const cookies = answer.headers.getSetCookie();
      expect(cookies.filter((cookie) => expected.test(cookie))).toHaveLength(1);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const cookie = cookieOf(answer.headers);
      const attack = networks(200);
      for (let i = 0; i < 20; i++) await stage.guess('admin', attack());
      expect((await signIn(path, body, ATTACKER)).text).toMatch(/RATE_LIMITED|Too many/);
      expect((await signIn(path, body, ATTACKER, cookie)).status).toBe(200);
      stage.app.clock.step(91 * DAY);
    },
  );
});

describe('a device cookie of an older SECRET_KEY', () => {
  it('is worth as much as one of the current key', async () => {
    const [old, current] = [
      'an old key of 32 bytes and more: abc',
      'a new key of 32 bytes and more: abcd',
    ];
    const before = await startThrottledApp({ env: { SECRET_KEY: old } });
    await setUpAdmin(before.app);
    const input = { username: 'admin', password: PASSWORD };
    const { cookie } = await before.ask(LOGIN, { input }, { address: '192.0.2.1' });
    const databaseUrl = before.app.databaseUrl;
    const env = { SECRET_KEY: `${current},${old}` };
    const after = await startThrottledApp({ databaseUrl, env });
    try {
      const attack = networks();
      for (let i = 0; i < 20; i++) await after.guess('admin', attack());
      expect(await after.signIn('admin', attack())).toBeGreaterThan(0);
      expect(await after.guess('admin', attack(), PASSWORD, cookie)).toBe(IN);
    } finally {
      await after.app.close();
      await before.app.close();
    }
  });
});

describe('THROTTLE=off', () => {
  it('sets no device cookie', async () => {
    const app = await startApp();
    try {
      const { accessToken } = await setUpAdmin(app);
      expect(accessToken).not.toBe('');
      const input = { username: 'admin', password: PASSWORD };
      expect((await app.graphql(LOGIN, { input })).headers.getSetCookie()).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
