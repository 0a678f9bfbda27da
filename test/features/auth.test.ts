import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, LOGOUT, ME, REFRESH, REGISTER, VERIFY_TOKEN } from '../support/documents.ts';
import { readOutbox } from '../support/outbox.ts';
import { markProven, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

describe.each(providers)('on %s', (provider) => {
  describe('signing in and out', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ provider });
      await setUpAdmin(app);
      const { accessToken } = await registerUser(app, 'Ada');
      expect(accessToken).not.toBe('');
    });
    afterAll(() => app.close());

    it('signs in by username, whatever its case', async () => {
      const { user } = await signIn(app, 'aDA');
      expect(user.username).toBe('Ada');
    });

    it('signs in by e-mail address', async () => {
      const input = { username: 'eve', email: 'Eve@Example.com', password: PASSWORD };
      await app.graphql(REGISTER, { input });
      const { user } = await signIn(app, 'eve@example.COM');
      expect(user.username).toBe('eve');
    });

    it('answers bearer tokens of an hour', async () => {
      const payload = await signIn(app, 'Ada');
      expect(payload).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600 });
    });

    it.each([
      ['an unknown name', 'nobody', PASSWORD],
      ['a wrong password', 'Ada', 'wrong horse battery'],
      ['an unknown e-mail address', 'nobody@example.com', PASSWORD],
      ['a name that no database stores', 'Ada\0', PASSWORD],
      ['an address that no database stores', '\ud800@example.com', PASSWORD],
    ])('answers %s with one and the same error', async (_case, username, password) => {
      const answer = await app.graphql(LOGIN, { input: { username, password } });
      expect(answer.status).toBe(200);
      expect(answer.data.login).toEqual({
        __typename: 'InvalidCredentialsError',
        code: 'INVALID_CREDENTIALS',
        message: 'Invalid username or password.',
      });
    });

    it('ends the session on logout, for the access and the refresh token at once', async () => {
      const { accessToken, refreshToken } = await signIn(app, 'Ada');
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
      const out = await app.graphql(LOGOUT, {}, accessToken);
      expect(out.data.logout.__typename).toBe('LogoutPayload');

      const after = await app.graphql(ME, {}, accessToken);
      expect(after.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
      const refreshed = await app.graphql(REFRESH, { input: { refreshToken } });
      expectType(refreshed.data.refresh, 'RefreshTokenInvalidError');
    });

    it('leaves other sessions alone on logout', async () => {
      const [one, two] = [await signIn(app, 'Ada'), await signIn(app, 'Ada')];
      await app.graphql(LOGOUT, {}, one.accessToken);
      expect((await app.graphql(ME, {}, two.accessToken)).errors).toEqual([]);
    });

    it('refuses a disabled user, and tells them so only after the right password', async () => {
      const { user, accessToken } = await registerUser(app, 'Dora');
      await app.services.db.prisma.user.update({
        where: { id: user.id },
        data: { disabled: true },
      });
      app.services.changes.publish({ kind: 'user', userId: user.id });

      const right = await app.graphql(LOGIN, { input: { username: 'Dora', password: PASSWORD } });
      expectType(right.data.login, 'AccountDisabledError');
      const wrong = await app.graphql(LOGIN, { input: { username: 'Dora', password: 'no' } });
      expectType(wrong.data.login, 'InvalidCredentialsError');
      const me = await app.graphql(ME, {}, accessToken);
      expect(me.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });
  });

  describe('refresh', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ provider });
      await setUpAdmin(app);
    });
    afterAll(() => app.close());

    const refresh = async (refreshToken: string) =>
      (await app.graphql(REFRESH, { input: { refreshToken } })).data.refresh;

    it('answers a new pair that works', async () => {
      const first = await signIn(app, 'admin');
      const second = expectType(await refresh(first.refreshToken), 'AuthPayload');
      expect(second.refreshToken).not.toBe(first.refreshToken);
      expect(second.accessToken).not.toBe(first.accessToken);
      expect((await app.graphql(ME, {}, second.accessToken)).errors).toEqual([]);
      expectType(await refresh(second.refreshToken), 'AuthPayload');
    });

    it('answers the same token again with the byte-identical pair inside the grace window', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const first = await refresh(refreshToken);
      app.clock.step(29);
      expect(await refresh(refreshToken)).toEqual(first);
    });

    it('answers the same pair long after the grace window while nobody has used that pair', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const first = expectType(await refresh(refreshToken), 'AuthPayload');
      app.clock.step(106);
      expect(await refresh(refreshToken)).toEqual(first);
      expect((await app.graphql(ME, {}, first.accessToken)).errors).toEqual([]);
      expectType(await refresh(first.refreshToken), 'AuthPayload');
    });

    it('goes on for a client that works with its old access token until an answer arrives', async () => {
      const { accessToken, refreshToken } = await signIn(app, 'admin');
      const lost = expectType(await refresh(refreshToken), 'AuthPayload');
      app.clock.step(1800);
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
      expect(await refresh(refreshToken)).toEqual(lost);
    });

    it('takes a token for stolen once its successor was refreshed, whatever the time', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const second = expectType(await refresh(refreshToken), 'AuthPayload');
      expectType(await refresh(second.refreshToken), 'AuthPayload');
      expectType(await refresh(refreshToken), 'RefreshTokenReusedError');
    });

    it('takes a token for stolen once somebody had its successor verified', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const { accessToken } = expectType(await refresh(refreshToken), 'AuthPayload');
      await app.graphql(VERIFY_TOKEN, { token: accessToken });
      app.clock.step(31);
      expectType(await refresh(refreshToken), 'RefreshTokenReusedError');
    });

    it('ends the session when the token comes again after its successor was used and the grace is over', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const next = expectType(await refresh(refreshToken), 'AuthPayload');
      expect((await app.graphql(ME, {}, next.accessToken)).errors).toEqual([]);
      app.clock.step(30);
      expect(await refresh(refreshToken)).toMatchObject({ accessToken: next.accessToken });
      app.clock.step(1);
      expectType(await refresh(refreshToken), 'RefreshTokenReusedError');
      expectType(await refresh(next.refreshToken), 'RefreshTokenInvalidError');
      const me = await app.graphql(ME, {}, next.accessToken);
      expect(me.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });

    it('writes a reuse down and tells the user, once', async () => {
      const email = `reuse@example.com`;
      const input = { username: 'Rae', email, password: PASSWORD };
      const registered = await app.graphql(REGISTER, { input });
      await markProven(app, email);
      const { refreshToken } = expectType(registered.data.register, 'AuthPayload');
      const next = expectType(await refresh(refreshToken), 'AuthPayload');
      await app.graphql(ME, {}, next.accessToken);
      app.clock.step(31);
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
      const types = new Set(answers.map((answer) => answer.__typename));
      expect([...types].sort()).toEqual(expect.arrayContaining(['RefreshTokenReusedError']));

      const { db } = app.services;
      const events = await db.prisma.auditEvent.findMany({
        where: { action: 'session.refresh_reused', sessionId: sessionOf(refreshToken) },
      });
      expect(events).toMatchObject([{ outcome: 'denied', ipAddress: '127.0.0.1' }]);
      const mails = (await readOutbox(app.services)).filter((mail) => mail.toAddress === email);
      expect(mails).toMatchObject([{ kind: 'refreshTokenReused', toName: 'Rae' }]);
      expect(mails[0]?.text).toContain('127.0.0.1');
      expect((await verifyAuditChain(db)).faults).toEqual([]);
    });

    it('begins one generation however many ask at once, and answers all of them alike', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(refreshToken)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const pair = expectType(answers[0]!, 'AuthPayload');
      expectType(await refresh(pair.refreshToken), 'AuthPayload');
    });

    it('does not outlive the session, however often it is done', async () => {
      let { refreshToken } = await signIn(app, 'admin');
      const days = 24 * 60 * 60;
      for (let day = 20; day < 90; day += 20) {
        app.clock.step(20 * days);
        refreshToken = expectType(await refresh(refreshToken), 'AuthPayload').refreshToken;
      }
      app.clock.step(20 * days);
      expectType(await refresh(refreshToken), 'RefreshTokenInvalidError');
    });

    it('refuses a token that was not used for thirty days', async () => {
      const { refreshToken } = await signIn(app, 'admin');
      app.clock.step(30 * 24 * 60 * 60 + 1);
      expectType(await refresh(refreshToken), 'RefreshTokenInvalidError');
    });
  });
});

function sessionOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1]!, 'base64url').toString();
  return (JSON.parse(claims) as { sid: string }).sid;
}
