import pg from 'pg';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREATE_API_KEY, REVOKE_API_KEY } from '../support/api-key-documents.ts';
import { expectType } from '../support/app.ts';
import { DISABLE_AUTH, ENABLE_AUTH } from '../support/auth-switch-documents.ts';
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';
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
import { type Front, startRoundRobin } from '../support/round-robin.ts';
import {
  COMPLETE_LOGIN,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  REAUTHENTICATE,
} from '../support/totp-documents.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const STEP_SECONDS = 30;

describe.skipIf(postgresUrl === undefined)('three processes on one PostgreSQL', () => {
  let database: TestDatabase;
  let servers: readonly ServerProcess[];
  let front: Front;
  let admin: string;

  beforeAll(async () => {
    database = await createTestDatabase('postgresql');
    const env = { ...INSTALLATION, DATABASE_URL: database.url, THROTTLE: 'on' };
    servers = await Promise.all([startProcess(env), startProcess(env), startProcess(env)]);
    front = await startRoundRobin(servers.map(({ url }) => url));
    const input = { username: 'admin', password: PASSWORD };
    admin = expectType((await send(front.url, SETUP, { input })).setup, 'AuthPayload').accessToken;
  });
  afterAll(async () => {
    await front.close();
    await Promise.all(servers.map((server) => server.stop()));
    await database.drop();
  });

  const register = async (username: string) => {
    const input = { username, password: PASSWORD };
    return expectType((await send(front.url, REGISTER, { input })).register, 'AuthPayload');
  };
  const signIn = async (username: string, password = PASSWORD) =>
    (await send(front.url, LOGIN, { input: { username, password } })).login;
  const login = async (username: string) => expectType(await signIn(username), 'AuthPayload');

  /** What each of the processes by itself says to a question. */
  const allSay = (ask: (url: string) => Promise<unknown>) =>
    Promise.all(
      servers.map(({ url }) =>
        ask(url).then(
          () => true,
          () => false,
        ),
      ),
    );
  const signedIn = (token: string) => allSay((url) => send(url, ME, {}, token));
  const soon = (ask: () => Promise<readonly boolean[]>) =>
    expect.poll(ask, { timeout: 1000, interval: 5 });
  const NOWHERE = [false, false, false];
  const EVERYWHERE = [true, true, true];

  it('begin one generation when a hundred refresh one token on all, and answer all alike', async () => {
    const { refreshToken } = await register('Ann');
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => send(front.url, REFRESH, { input: { refreshToken } })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const pair = expectType(answers[0]!.refresh, 'AuthPayload');
    expect(await signedIn(pair.accessToken)).toEqual(EVERYWHERE);
    const next = await send(front.url, REFRESH, { input: { refreshToken: pair.refreshToken } });
    expectType(next.refresh, 'AuthPayload');
  });

  it('refuse on all what was signed out on one', async () => {
    const { accessToken } = await register('Ben');
    expect(await signedIn(accessToken)).toEqual(EVERYWHERE);
    await send(front.url, LOGOUT, {}, accessToken);
    await soon(() => signedIn(accessToken)).toEqual(NOWHERE);
  });

  it('refuse on the other what was revoked on one', async () => {
    const here = await register('Cid');
    const there = await login('Cid');
    expect(await signedIn(there.accessToken)).toEqual(EVERYWHERE);
    await send(front.url, REVOKE_OTHER_SESSIONS, {}, here.accessToken);
    await soon(() => signedIn(there.accessToken)).toEqual(NOWHERE);
    expect(await signedIn(here.accessToken)).toEqual(EVERYWHERE);
  });

  it('refuse on all what a new password ended on one', async () => {
    const here = await register('Dee');
    const there = await login('Dee');
    expect(await signedIn(there.accessToken)).toEqual(EVERYWHERE);
    const newPassword = `${PASSWORD} again`;
    const input = { currentPassword: PASSWORD, newPassword };
    await send(front.url, CHANGE_PASSWORD, { input }, here.accessToken);
    await soon(() => signedIn(there.accessToken)).toEqual(NOWHERE);
    expectType(await signIn('Dee'), 'InvalidCredentialsError');
    expectType(await signIn('Dee', newPassword), 'AuthPayload');
  });

  it('refuse on all whom one has disabled', async () => {
    const { accessToken, user } = await register('Eve');
    expect(await signedIn(accessToken)).toEqual(EVERYWHERE);
    await send(front.url, UPDATE_USER, { input: { id: user.id, disabled: true } }, admin);
    await soon(() => signedIn(accessToken)).toEqual(NOWHERE);
  });

  it('let on all whom one has made an administrator list users, until one takes it back', async () => {
    const { accessToken, user } = await register('Fay');
    const listsUsers = () => allSay((url) => send(url, USERS, {}, accessToken));
    const give = (systemRole: 'ADMIN' | 'USER') =>
      send(front.url, UPDATE_USER, { input: { id: user.id, systemRole } }, admin);
    expect(await listsUsers()).toEqual(NOWHERE);
    await give('ADMIN');
    await soon(listsUsers).toEqual(EVERYWHERE);
    await give('USER');
    await soon(listsUsers).toEqual(NOWHERE);
  });

  it('refuse on all an API key that was revoked on one', async () => {
    const { accessToken } = await register('Gus');
    const input = { name: 'CI' };
    const { createApiKey } = await send(front.url, CREATE_API_KEY, { input }, accessToken);
    const { key, apiKey } = expectType(createApiKey, 'CreateApiKeyPayload');
    expect(await signedIn(key)).toEqual(EVERYWHERE);
    await send(front.url, REVOKE_API_KEY, { input: { id: apiKey.id } }, accessToken);
    await soon(() => signedIn(key)).toEqual(NOWHERE);
  });

  it('end on one a sign-in in two steps that another began', async () => {
    const { accessToken } = await register('Hal');
    const { enableTotp } = await send(front.url, ENABLE_TOTP, {}, accessToken);
    const { secret } = expectType(enableTotp, 'EnableTotpPayload');
    const codeIn = (steps: number) =>
      generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + STEP_SECONDS * steps });
    const confirm = { input: { code: codeIn(0) } };
    await send(front.url, CONFIRM_TOTP, confirm, accessToken);
    // The code of each step opens once, on whichever process.
    const { challengeToken } = expectType(await signIn('Hal'), 'TotpChallenge');
    const input = { challengeToken, code: codeIn(1) };
    const answers = await Promise.all(
      servers.map(({ url }) => send(url, COMPLETE_LOGIN, { input })),
    );
    const pairs = answers.flatMap(({ completeLogin }) =>
      completeLogin.__typename === 'AuthPayload' ? [completeLogin] : [],
    );
    expect(pairs).toHaveLength(1);
    expect(await signedIn(pairs[0]!.accessToken)).toEqual(EVERYWHERE);
  });

  it('take on all a fresh sign-in that was shown to one', async () => {
    const { accessToken, user } = await register('Ida');
    const psql = new pg.Client(database.url);
    await psql.connect();
    await psql.query(
      `UPDATE "Session" SET "authenticatedAt" = "authenticatedAt" - interval '1 day'
       WHERE "userId" = $1`,
      [user.id],
    );
    await psql.end();
    const mayChange = (token: string) => allSay((url) => send(url, ENABLE_TOTP, {}, token));
    expect(await mayChange(accessToken)).toEqual(NOWHERE);
    const input = { password: PASSWORD };
    const { reauthenticate } = await send(front.url, REAUTHENTICATE, { input }, accessToken);
    const fresh = expectType(reauthenticate, 'AuthPayload');
    expect(await mayChange(fresh.accessToken)).toEqual(EVERYWHERE);
    await soon(() => signedIn(accessToken)).toEqual(NOWHERE);
  });

  it('count guesses together, and let none of a hundred at once gain by it', async () => {
    const input = { username: 'nobody', password: 'wrong' };
    const guess = (url: string) =>
      send(url, LOGIN, { input }).then(
        ({ login }) => login.__typename,
        (error: Error) => error.message,
      );
    const answers = await Promise.all(Array.from({ length: 100 }, () => guess(front.url)));
    expect(answers.filter((answer) => answer === 'InvalidCredentialsError')).toHaveLength(5);
    for (const { url } of servers) expect(await guess(url)).toMatch(/RATE_LIMITED/);
  });

  it('ask on all who calls as soon as one has turned authentication on', async () => {
    const isOpen = () => allSay((url) => send(url, USERS, {}));
    expect(await isOpen()).toEqual(NOWHERE);
    await send(front.url, DISABLE_AUTH, {}, admin);
    await soon(isOpen).toEqual(EVERYWHERE);
    await send(front.url, ENABLE_AUTH, {});
    await soon(isOpen).toEqual(NOWHERE);
  });
});
