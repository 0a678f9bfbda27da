import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, ME, REFRESH, SESSIONS } from '../support/documents.ts';
import {
  DISABLE_TOTP,
  ENABLE_TOTP,
  REAUTHENTICATE,
  REGENERATE_RECOVERY_CODES,
  RESET_TOTP,
} from '../support/totp-documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { codeOf, signInTwice, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const HOUR = 3600;
const STEP = 30;

describe.each(providers)('a recent sign-in on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { ACCESS_TOKEN_SECONDS: '86400' } });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const enable = (token: string) => app.graphql(ENABLE_TOTP, {}, token);
  const reauthenticate = async (token: string, input: { password?: string; code?: string } = {}) =>
    app.graphql(REAUTHENTICATE, { input: { password: PASSWORD, ...input } }, token);
  const wanted = (...methods: string[]) => ({
    code: 'REAUTHENTICATION_REQUIRED',
    maxAgeSeconds: HOUR,
    methods,
  });
  const codes = (answer: { errors: readonly { extensions: { code: string } }[] }) =>
    answer.errors.map(({ extensions }) => extensions.code);

  it('is asked for to the second, and says what it takes', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    app.clock.step(HOUR - 1);
    expect(codes(await enable(accessToken))).toEqual([]);
    app.clock.step(1);
    const { data, errors } = await enable(accessToken);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['enableTotp'], extensions: wanted('pwd') }]);
  });

  it('is not a refresh', async () => {
    const { accessToken, refreshToken } = await registerUser(app, 'Ben');
    app.clock.step(HOUR);
    const answer = await app.graphql(REFRESH, { input: { refreshToken } }, accessToken);
    const fresh = expectType(answer.data.refresh, 'AuthPayload');
    expect(codes(await enable(fresh.accessToken))).toEqual(['REAUTHENTICATION_REQUIRED']);
  });

  it('is made good by `reauthenticate`, whose session takes the place of the old one', async () => {
    const old = await registerUser(app, 'Cid');
    const other = await signIn(app, 'Cid');
    app.clock.step(HOUR);
    const { data } = await reauthenticate(old.accessToken);
    const { accessToken } = expectType(data.reauthenticate, 'AuthPayload');
    expect(codes(await enable(accessToken))).toEqual([]);
    expect(codes(await app.graphql(ME, {}, old.accessToken))).toEqual(['UNAUTHENTICATED']);
    const stale = await app.graphql(REFRESH, { input: { refreshToken: old.refreshToken } });
    expectType(stale.data.refresh, 'RefreshTokenInvalidError');
    expect(codes(await app.graphql(ME, {}, other.accessToken))).toEqual([]);
    const { sessions } = (await app.graphql(SESSIONS, {}, accessToken)).data;
    expect(sessions).toHaveLength(2);
  });

  it('is not made good by a wrong password, which is written down', async () => {
    const { accessToken, user } = await registerUser(app, 'Dee');
    app.clock.step(HOUR);
    const { data } = await reauthenticate(accessToken, { password: 'wrong horse battery' });
    expectType(data.reauthenticate, 'WrongPasswordError');
    expect(codes(await enable(accessToken))).toEqual(['REAUTHENTICATION_REQUIRED']);
    const event = await app.services.db.prisma.auditEvent.findFirstOrThrow({
      where: { actorId: user.id, outcome: 'failure' },
    });
    expect(event).toMatchObject({
      action: 'auth.reauthentication_failed',
      outcome: 'failure',
      details: '{"reason":"WRONG_PASSWORD"}',
    });
  });

  it('takes the second factor of whoever has one', async () => {
    const { accessToken } = await registerUser(app, 'Eve');
    const { secret, recoveryCodes } = await turnOnTotp(app, accessToken);
    app.clock.step(HOUR);
    const off = await app.graphql(DISABLE_TOTP, {}, accessToken);
    expect(off.errors).toMatchObject([{ extensions: wanted('pwd', 'otp') }]);

    const without = await reauthenticate(accessToken);
    expect(without.errors).toMatchObject([{ extensions: wanted('pwd', 'otp') }]);
    const wrong = await reauthenticate(accessToken, { code: wrongCodeOf(app, secret) });
    expectType(wrong.data.reauthenticate, 'WrongCodeError');
    const right = await reauthenticate(accessToken, { code: codeOf(app, secret) });
    const second = expectType(right.data.reauthenticate, 'AuthPayload');
    const made = await app.graphql(REGENERATE_RECOVERY_CODES, {}, second.accessToken);
    expect(codes(made)).toEqual([]);
    expect(recoveryCodes).toHaveLength(10);
  });

  it('takes a recovery code as well, once, and no code that was used before', async () => {
    const { accessToken } = await registerUser(app, 'Fay');
    const { secret, recoveryCodes } = await turnOnTotp(app, accessToken);
    const replayed = await reauthenticate(accessToken, { code: codeOf(app, secret) });
    expectType(replayed.data.reauthenticate, 'WrongCodeError');
    const code = recoveryCodes[0]!;
    const first = expectType(
      (await reauthenticate(accessToken, { code })).data.reauthenticate,
      'AuthPayload',
    );
    const again = await reauthenticate(first.accessToken, { code });
    expectType(again.data.reauthenticate, 'WrongCodeError');
  });

  it('is granted once for one code to a hundred that ask at once', async () => {
    const { accessToken, user } = await registerUser(app, 'Gus');
    const { secret } = await turnOnTotp(app, accessToken);
    app.clock.step(STEP);
    const code = codeOf(app, secret);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => reauthenticate(accessToken, { code })),
    );
    // Those who come after it are strangers already: their session is the one that was replaced.
    const won = answers.filter(
      ({ errors, data }) => errors.length === 0 && data.reauthenticate.__typename === 'AuthPayload',
    );
    expect(won).toHaveLength(1);
    const live = { userId: user.id, revokedAt: null };
    expect(await app.services.db.prisma.session.count({ where: live })).toBe(1);
  });

  it('stands in the current password, but not in for the second factor', async () => {
    const input = { currentPassword: PASSWORD, newPassword: 'staple of another kind' };
    const single = await registerUser(app, 'Hal');
    const double = await registerUser(app, 'Ida');
    const { secret } = await turnOnTotp(app, double.accessToken);
    app.clock.step(HOUR);
    const changed = await app.graphql(CHANGE_PASSWORD, { input }, single.accessToken);
    expectType(changed.data.changePassword, 'ChangePasswordPayload');
    const refused = await app.graphql(CHANGE_PASSWORD, { input }, double.accessToken);
    expect(refused.errors).toMatchObject([{ extensions: wanted('pwd', 'otp') }]);
    const { accessToken } = await signInTwice(app, 'Ida', codeOf(app, secret));
    const now = await app.graphql(CHANGE_PASSWORD, { input }, accessToken);
    expectType(now.data.changePassword, 'ChangePasswordPayload');
  });

  it('is asked of those who may, after who may at all', async () => {
    const { accessToken, user } = await registerUser(app, 'Jon');
    app.clock.step(HOUR);
    const input = { userId: user.id };
    expect(codes(await app.graphql(RESET_TOTP, { input }, accessToken))).toEqual(['FORBIDDEN']);
    const answer = await app.graphql(RESET_TOTP, { input }, admin);
    expect(codes(answer)).toEqual(['REAUTHENTICATION_REQUIRED']);
    expect(codes(await app.graphql(RESET_TOTP, { input }))).toEqual(['UNAUTHENTICATED']);
  });

  it('is asked for over REST too, as RFC 9470 has it', async () => {
    const { accessToken } = await registerUser(app, 'Kim');
    app.clock.step(HOUR);
    const answer = await app.rest('POST', '/api/auth/totp/enable', { token: accessToken });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="3600"',
    );
    expect(answer.body).toEqual({ error: 'Show that it is you: sign in again first.' });
  });

  it('lasts as long as FRESH_SECONDS says', async () => {
    const short = await startApp({ provider, env: { FRESH_SECONDS: '60' } });
    try {
      const { accessToken } = await setUpAdmin(short);
      short.clock.step(60);
      const { errors } = await short.graphql(ENABLE_TOTP, {}, accessToken);
      expect(errors).toMatchObject([{ extensions: { maxAgeSeconds: 60 } }]);
    } finally {
      await short.close();
    }
  });
});
