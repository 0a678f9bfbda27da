import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startThrottledApp } from '../support/guesses.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { codeOf, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const HOUR = 3600;
const STEP = 30;

/** Somebody who has the password and guesses at the second factor: new challenges cost them nothing. */
describe.each(providers)('guessing at a second factor on %s', (provider) => {
  let stage: Awaited<ReturnType<typeof startThrottledApp>>;
  let secret: string;
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    await setUpAdmin(stage.app);
    const { accessToken } = await registerUser(stage.app, 'Ann');
    ({ secret } = await turnOnTotp(stage.app, accessToken));
    stage.app.clock.step(STEP);
  });
  afterAll(() => stage.app.close());

  const ask = (path: string, body: object, address: string) =>
    stage.app.rest('POST', path, { body, headers: { 'x-forwarded-for': address } });
  /** A whole sign-in by REST; answers the status of its last step: a burst of logins is held back too. */
  const signIn = async (code: string, address: string) => {
    const credentials = { username: 'Ann', password: PASSWORD };
    const login = await ask('/api/auth/login', credentials, address);
    const { temp_token } = login.body as { temp_token?: string };
    if (temp_token === undefined) return login.status;
    const { status } = await ask('/api/auth/totp/verify', { temp_token, code }, address);
    return status;
  };

  it('stops after five in a row from an address, however many challenges there are', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      statuses.push(await signIn(wrongCodeOf(stage.app, secret), '198.51.100.1'));
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect(await signIn(codeOf(stage.app, secret), '198.51.100.1')).toBe(429);
    stage.app.clock.step(STEP);
    expect(await signIn(codeOf(stage.app, secret), '198.51.100.1')).toBe(200);
  });

  it('stops after ten in a row from many addresses, and leaves the owner alone', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      statuses.push(await signIn(wrongCodeOf(stage.app, secret), `203.0.113.${i}`));
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.slice(10)).toEqual([429, 429]);
    stage.app.clock.step(STEP);
    // Where the owner has shown it before, strangers do not count.
    expect(await signIn(codeOf(stage.app, secret), '198.51.100.1')).toBe(200);
  });

  it('lets a hundred at once no further than a hundred in turn', async () => {
    stage.app.clock.step(24 * HOUR);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, () => signIn(wrongCodeOf(stage.app, secret), '192.0.2.9')),
    );
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(95);
  });

  it('is counted where a first code is shown as well', async () => {
    const { accessToken } = await registerUser(stage.app, 'Ben');
    const enable = { token: accessToken };
    const begun = await stage.app.rest('POST', '/api/auth/totp/enable', enable);
    const { secret: own } = begun.body as { secret: string };
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const body = { code: wrongCodeOf(stage.app, own) };
      const { status } = await stage.app.rest('POST', '/api/auth/totp/verify', { body, ...enable });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});
