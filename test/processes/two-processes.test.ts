import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType } from '../support/app.ts';
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';
import { DISABLE_AUTH, ENABLE_AUTH } from '../support/auth-switch-documents.ts';
import {
  CHANGE_PASSWORD,
  LOGIN,
  LOGOUT,
  ME,
  REFRESH,
  REGISTER,
  REVOKE_OTHER_SESSIONS,
  SETUP,
  USERS,
} from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { PASSWORD } from '../support/people.ts';
import { INSTALLATION, type ServerProcess, startProcess } from '../support/process.ts';

describe.skipIf(postgresUrl === undefined)('two processes on one PostgreSQL', () => {
  let database: TestDatabase;
  let one: ServerProcess;
  let two: ServerProcess;

  beforeAll(async () => {
    database = await createTestDatabase('postgresql');
    const env = { ...INSTALLATION, DATABASE_URL: database.url, THROTTLE: 'on' };
    [one, two] = await Promise.all([startProcess(env), startProcess(env)]);
    await send(one.url, SETUP, { input: { username: 'admin', password: PASSWORD } });
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await database.drop();
  });

  const register = async (username: string) => {
    const input = { username, password: PASSWORD };
    return expectType((await send(one.url, REGISTER, { input })).register, 'AuthPayload');
  };
  const login = async (username: string, at = one) => {
    const input = { username, password: PASSWORD };
    return expectType((await send(at.url, LOGIN, { input })).login, 'AuthPayload');
  };
  const isSignedIn = (at: ServerProcess, token: string) =>
    send(at.url, ME, {}, token).then(
      () => true,
      () => false,
    );

  it('begin one generation when a hundred refresh one token on both, and answer all alike', async () => {
    const { refreshToken } = await register('Ann');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        send((i % 2 ? one : two).url, REFRESH, { input: { refreshToken } }),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const pair = expectType(answers[0]!.refresh, 'AuthPayload');
    expect(await isSignedIn(one, pair.accessToken)).toBe(true);
    expect(await isSignedIn(two, pair.accessToken)).toBe(true);
    const next = await send(two.url, REFRESH, { input: { refreshToken: pair.refreshToken } });
    expectType(next.refresh, 'AuthPayload');
  });

  it('refuse on the other what was signed out on one', async () => {
    const { accessToken } = await register('Ben');
    expect(await isSignedIn(two, accessToken)).toBe(true);
    await send(one.url, LOGOUT, {}, accessToken);
    await expect
      .poll(() => isSignedIn(two, accessToken), { timeout: 1000, interval: 5 })
      .toBe(false);
  });

  it('refuse on the other what was revoked on one', async () => {
    const here = await register('Cid');
    const there = await login('Cid', two);
    expect(await isSignedIn(two, there.accessToken)).toBe(true);
    await send(one.url, REVOKE_OTHER_SESSIONS, {}, here.accessToken);
    await expect
      .poll(() => isSignedIn(two, there.accessToken), { timeout: 1000, interval: 5 })
      .toBe(false);
    expect(await isSignedIn(two, here.accessToken)).toBe(true);
  });

  it('refuse on the other what a new password ended on one', async () => {
    const here = await register('Dee');
    const there = await login('Dee', two);
    expect(await isSignedIn(two, there.accessToken)).toBe(true);
    const input = { currentPassword: PASSWORD, newPassword: `${PASSWORD} again` };
    await send(one.url, CHANGE_PASSWORD, { input }, here.accessToken);
    await expect
      .poll(() => isSignedIn(two, there.accessToken), { timeout: 1000, interval: 5 })
      .toBe(false);
  });

  it('count guesses together, and let none of a hundred at once gain by it', async () => {
    const input = { username: 'nobody', password: 'wrong' };
    const guess = (at: ServerProcess) =>
      send(at.url, LOGIN, { input }).then(
        ({ login }) => login.__typename,
        (error: Error) => error.message,
      );
    const both = Array.from({ length: 100 }, (_, i) => guess(i % 2 ? one : two));
    const answers = await Promise.all(both);
    expect(answers.filter((answer) => answer === 'InvalidCredentialsError')).toHaveLength(5);
    for (const at of [one, two]) expect(await guess(at)).toMatch(/RATE_LIMITED/);
  });

  it('ask on the other who calls as soon as one has turned authentication on', async () => {
    const { accessToken } = await login('admin');
    const isOpen = (at: ServerProcess) =>
      send(at.url, USERS, {}).then(
        () => true,
        () => false,
      );
    await send(one.url, DISABLE_AUTH, {}, accessToken);
    await expect.poll(() => isOpen(two), { timeout: 1000, interval: 5 }).toBe(true);
    await send(one.url, ENABLE_AUTH, {});
    expect(await isOpen(one)).toBe(false);
    await expect.poll(() => isOpen(two), { timeout: 1000, interval: 5 }).toBe(false);
  });

  it('take each other’s tokens, signed by one key', async () => {
    const { accessToken } = await login('admin', two);
    expect(await isSignedIn(one, accessToken)).toBe(true);
  });
});
