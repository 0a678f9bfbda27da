import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { stages } from '../support/database.ts';
import {
  LOGIN,
  ME,
  REFRESH,
  REVOKE_OTHER_SESSIONS,
  REVOKE_SESSION,
  SESSIONS,
} from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

const DAY = 86_400;

describe.each(stages)('sessions on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { SESSIONS_PER_USER: '3' } });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const list = async (token: string, userId?: string) =>
    (await app.graphql(SESSIONS, userId === undefined ? {} : { userId }, token)).data.sessions;
  const revoke = async (token: string, id: string) =>
    (await app.graphql(REVOKE_SESSION, { input: { id } }, token)).data.revokeSession;
  const isSignedIn = async (token: string) =>
    (await app.graphql(ME, {}, token)).errors.length === 0;

  it('show device, address, times, how it was signed in, and which one asks', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    const body = {
      query: String(LOGIN),
      variables: { input: { username: 'Ann', password: PASSWORD } },
    };
    await app.rest('POST', '/graphql', { body, headers: { 'user-agent': 'Other/1.0' } });
    const sessions = await list(accessToken);
    expect(sessions).toHaveLength(2);
    expect(sessions.find(({ current }) => !current)).toEqual({
      id: expect.any(String) as string,
      current: false,
      userAgent: 'Other/1.0',
      ipAddress: '127.0.0.1',
      authMethods: ['pwd'],
      createdAt: '2026-01-31T09:30:00.000Z',
      lastSeenAt: '2026-01-31T09:30:00.000Z',
      expiresAt: '2026-05-01T09:30:00.000Z',
    });
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
  });

  it('are ended one by one by their owner, at once and for both tokens', async () => {
    const here = await registerUser(app, 'Ben');
    const there = await signIn(app, 'Ben');
    expect(await isSignedIn(there.accessToken)).toBe(true);
    const other = (await list(here.accessToken)).find(({ current }) => !current)!;

    expect(await revoke(here.accessToken, other.id)).toEqual({
      __typename: 'RevokeSessionPayload',
      sessionId: other.id,
    });
    expect(await isSignedIn(there.accessToken)).toBe(false);
    const stale = await app.graphql(REFRESH, { input: { refreshToken: there.refreshToken } });
    expectType(stale.data.refresh, 'RefreshTokenInvalidError');
    expect(await isSignedIn(here.accessToken)).toBe(true);
    expect(await list(here.accessToken)).toHaveLength(1);
  });

  it('of somebody else are answered like ones that never were', async () => {
    const mine = await registerUser(app, 'Cid');
    const theirs = await registerUser(app, 'Dee');
    const [session] = await list(theirs.accessToken);
    const foreign = await revoke(mine.accessToken, session!.id);
    expect(foreign).toEqual(await revoke(mine.accessToken, 'never-was'));
    expectType(foreign, 'SessionNotFoundError');
    expect(await isSignedIn(theirs.accessToken)).toBe(true);
  });

  it('of anyone are seen and ended by a system administrator, by nobody else', async () => {
    const { accessToken, user } = await registerUser(app, 'Eve');
    const { accessToken: stranger } = await registerUser(app, 'Fay');
    const asStranger = await app.graphql(SESSIONS, { userId: user.id }, stranger);
    expect(asStranger.errors[0]?.extensions.code).toBe('FORBIDDEN');

    const [session] = await list(admin, user.id);
    expect(session).toMatchObject({ current: false });
    expectType(await revoke(admin, session!.id), 'RevokeSessionPayload');
    expect(await isSignedIn(accessToken)).toBe(false);
  });

  it('end all but one with revokeOtherSessions', async () => {
    const here = await registerUser(app, 'Gus');
    const others = [await signIn(app, 'Gus'), await signIn(app, 'Gus')];
    const { data } = await app.graphql(REVOKE_OTHER_SESSIONS, {}, here.accessToken);
    expect(data.revokeOtherSessions).toMatchObject({ revokedSessions: 2 });
    expect(await isSignedIn(here.accessToken)).toBe(true);
    for (const { accessToken } of others) expect(await isSignedIn(accessToken)).toBe(false);
  });

  it('beyond SESSIONS_PER_USER end with the oldest', async () => {
    const first = await registerUser(app, 'Hal');
    const later = [];
    for (let i = 0; i < 3; i++) {
      app.clock.step(1);
      later.push(await signIn(app, 'Hal'));
    }
    expect(await isSignedIn(first.accessToken)).toBe(false);
    for (const { accessToken } of later) expect(await isSignedIn(accessToken)).toBe(true);
    expect(await list(later[2]!.accessToken)).toHaveLength(3);
  });

  it('of one moment beyond SESSIONS_PER_USER never end with the one that just began', async () => {
    await registerUser(app, 'Hedy');
    for (let i = 0; i < 12; i++) {
      expect(await isSignedIn((await signIn(app, 'Hedy')).accessToken)).toBe(true);
    }
  });

  it('note when they were last seen, at most once a minute', async () => {
    const { accessToken } = await registerUser(app, 'Ida');
    const lastSeen = async () => {
      await isSignedIn(accessToken);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return (await list(accessToken))[0]!.lastSeenAt;
    };
    const start = await lastSeen();
    app.clock.step(59);
    expect(await lastSeen()).toBe(start);
    app.clock.step(1);
    const minute = await lastSeen();
    expect(Date.parse(minute) - Date.parse(start)).toBe(60_000);
  });

  /** How many sessions a fresh sign-in sees beside itself. */
  const othersOf = async (username: string) =>
    (await list((await signIn(app, username)).accessToken)).length - 1;
  const refresh = async (refreshToken: string, at = app) =>
    (await at.graphql(REFRESH, { input: { refreshToken } })).data.refresh;
  const signInWithCookie = async (name: string) => {
    const { body } = await app.rest('POST', '/api/v1/login', { body: { name, secret: PASSWORD } });
    return (body as { access_token: string }).access_token;
  };
  const useCookie = async (token: string) => {
    const headers = { cookie: `access_token=${token}` };
    return (await app.rest('GET', '/api/v1/users/me', { headers })).status;
  };

  it('leave the list at their end, however much they are used', async () => {
    let { refreshToken } = await registerUser(app, 'Jay');
    for (const days of [25, 25, 25]) {
      app.clock.step(days * DAY);
      ({ refreshToken } = expectType(await refresh(refreshToken), 'AuthPayload'));
    }
    app.clock.step(15 * DAY - 1);
    expect(await othersOf('Jay')).toBe(1);
    app.clock.step(1);
    // The sign-in before is the one that is left.
    expect(await othersOf('Jay')).toBe(1);
  });

  it('leave the list when their refresh token has run out, whenever they were last seen', async () => {
    const { accessToken } = await registerUser(app, 'Kim');
    app.clock.step(3000);
    expect(await isSignedIn(accessToken)).toBe(true);
    app.clock.step(30 * DAY - 3001);
    expect(await othersOf('Kim')).toBe(1);
    app.clock.step(1);
    expect(await othersOf('Kim')).toBe(1);
  });

  it('with a cookie leave the list when the cookie was not used for as long', async () => {
    await registerUser(app, 'Lea');
    const cookie = await signInWithCookie('Lea');
    app.clock.step(29 * DAY);
    expect(await useCookie(cookie)).toBe(200);
    app.clock.step(30 * DAY - 1);
    expect(await othersOf('Lea')).toBe(1);
    app.clock.step(1);
    expect(await othersOf('Lea')).toBe(1);
  });

  it('that are over do not count towards SESSIONS_PER_USER', async () => {
    await registerUser(app, 'Max');
    app.clock.step(1);
    const cookie = await signInWithCookie('Max');
    app.clock.step(1);
    await signIn(app, 'Max');
    app.clock.step(1);
    await signIn(app, 'Max');
    app.clock.step(29 * DAY);
    expect(await useCookie(cookie)).toBe(200);
    app.clock.step(DAY);
    await signIn(app, 'Max');
    expect(await useCookie(cookie)).toBe(200);
  });

  it('stay out of use when REFRESH_TOKEN_SECONDS was lowered below their age', async () => {
    const { refreshToken } = await registerUser(app, 'Ned');
    const env = { REFRESH_TOKEN_SECONDS: '60' };
    const stricter = await startApp({ databaseUrl: app.databaseUrl, env });
    stricter.clock.step((app.clock.now().getTime() - stricter.clock.now().getTime()) / 1000 + 60);
    expectType(await refresh(refreshToken, stricter), 'RefreshTokenInvalidError');
    await stricter.close();
  });
});
