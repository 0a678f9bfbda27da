import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, LOGIN, ME, REFRESH } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

const NEW = 'staple of another kind';

describe.each(providers)('changePassword on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const change = async (token: string, input: Record<string, unknown> = {}) => {
    const full = { currentPassword: PASSWORD, newPassword: NEW, ...input };
    return (await app.graphql(CHANGE_PASSWORD, { input: full }, token)).data.changePassword;
  };
  const isSignedIn = async (token: string) =>
    (await app.graphql(ME, {}, token)).errors.length === 0;

  it('replaces the password and ends the other sessions', async () => {
    const here = await registerUser(app, 'Ann');
    const there = await signIn(app, 'Ann');
    const changed = expectType(await change(here.accessToken), 'ChangePasswordPayload');
    expect(changed.revokedSessions).toBe(1);
    expect(await isSignedIn(here.accessToken)).toBe(true);
    expect(await isSignedIn(there.accessToken)).toBe(false);
    const stale = await app.graphql(REFRESH, { input: { refreshToken: there.refreshToken } });
    expectType(stale.data.refresh, 'RefreshTokenInvalidError');

    const old = await app.graphql(LOGIN, { input: { username: 'Ann', password: PASSWORD } });
    expectType(old.data.login, 'InvalidCredentialsError');
    await signIn(app, 'Ann', NEW);
  });

  it('leaves the other sessions when asked to', async () => {
    const here = await registerUser(app, 'Ben');
    const there = await signIn(app, 'Ben');
    await change(here.accessToken, { revokeOtherSessions: false });
    expect(await isSignedIn(there.accessToken)).toBe(true);
  });

  it('wants the current password', async () => {
    const { accessToken } = await registerUser(app, 'Cid');
    expectType(await change(accessToken, { currentPassword: 'no' }), 'WrongPasswordError');
    await signIn(app, 'Cid');
  });

  it('lets one of many changes at once through', async () => {
    const { accessToken } = await registerUser(app, 'Dee');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => change(accessToken, { newPassword: `${NEW} ${i}` })),
    );
    const won = answers.flatMap(({ __typename }, i) =>
      __typename === 'ChangePasswordPayload' ? [i] : [],
    );
    expect(won).toHaveLength(1);
    await signIn(app, 'Dee', `${NEW} ${won[0]}`);
  });

  it.each([
    ['200 characters', 'long '.repeat(40)],
    ['four-byte characters', '🐎🔋📎🐎🔋📎🐎🔋'],
    ['a space at its end', 'ends with space '],
    ['a NUL in it', 'before\u0000after'],
  ])('takes a password with %s exactly', async (name, newPassword) => {
    const username = `exact ${name}`;
    const { accessToken } = await registerUser(app, username);
    await change(accessToken, { newPassword });
    await signIn(app, username, newPassword);
    for (const near of [newPassword.slice(0, -1), `${newPassword} `, newPassword.trim()]) {
      if (near === newPassword) continue;
      const answer = await app.graphql(LOGIN, { input: { username, password: near } });
      expectType(answer.data.login, 'InvalidCredentialsError');
    }
  });

  it.each([
    ['seven characters', '1234567', 'at least 8'],
    ['seven emoji', '🐎'.repeat(7), 'at least 8'],
    ['257 characters', 'x'.repeat(257), 'at most 256'],
  ])('refuses %s and says why', async (name, newPassword, reason) => {
    const { accessToken } = await registerUser(app, `refused ${name}`);
    const refused = await change(accessToken, { newPassword });
    expect(expectType(refused, 'PasswordRefusedError').message).toContain(reason);
  });
});

describe('hashes', () => {
  it('are made anew at sign-in when the setting has risen', async () => {
    const before = await startApp();
    await setUpAdmin(before);
    const after = await startApp({
      databaseUrl: before.databaseUrl,
      env: { ARGON2_MEMORY_KIB: '128' },
    });
    try {
      const hash = async () =>
        (await after.services.db.prisma.user.findFirstOrThrow()).passwordHash ?? '';
      expect(await hash()).toContain('m=64,t=1,p=1');
      await signIn(after, 'admin');
      expect(await hash()).toContain('m=128,t=1,p=1');
      await signIn(after, 'admin');
    } finally {
      await after.close();
      await before.close();
    }
  });

  it('are refused with a time to come back when too many wait', async () => {
    const app = await startApp({
      env: { HASH_CONCURRENCY: '1', HASH_QUEUE_LIMIT: '5', ARGON2_MEMORY_KIB: '19456' },
    });
    try {
      await setUpAdmin(app);
      const input = { username: 'admin', password: PASSWORD };
      const logins = await Promise.all(
        Array.from({ length: 50 }, () => app.graphql(LOGIN, { input })),
      );
      const refused = logins.filter(({ errors }) => errors.length > 0);
      expect(refused.length).toBeGreaterThan(0);
      for (const { errors } of refused) {
        expect(errors[0]?.extensions).toMatchObject({ code: 'OVERLOADED' });
        expect(errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThanOrEqual(1);
      }
      expect(logins.length - refused.length).toBeGreaterThanOrEqual(6);
      await signIn(app, 'admin');
    } finally {
      await app.close();
    }
  });
});
