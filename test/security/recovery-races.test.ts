import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { CREATE_API_KEY } from '../support/api-key-documents.ts';
import { providers } from '../support/database.ts';
import { LOGIN } from '../support/documents.ts';
import { mailsTo } from '../support/email.ts';
import { CHANGE_EMAIL } from '../support/email-documents.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { registerWith } from '../support/planted.ts';
import { countingHasher } from '../support/hasher.ts';
import { CREATE_USER_TOKEN } from '../support/referral-documents.ts';
import { INVITE_TENANT_MEMBER, OWN_TENANTS } from '../support/tenant-documents.ts';
import { turnOnTotp } from '../support/totp.ts';
import { ENABLE_TOTP } from '../support/totp-documents.ts';

const NEW = 'staple of another kind';
const EACH = 17;

describe.each(providers)('a reset of the password, on %s,', (provider) => {
  let app: TestApp;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  async function liveRows(userId: string) {
    const { session, apiKey, userToken, oneTimeToken, totpCredential, tenantInvitation } =
      app.services.db.prisma;
    const where = { userId };
    return {
      sessions: await session.count({ where: { userId, revokedAt: null } }),
      apiKeys: await apiKey.count({ where: { userId, revokedAt: null } }),
      userTokens: await userToken.count({ where }),
      oneTimeTokens: await oneTimeToken.count({ where }),
      totpCredentials: await totpCredential.count({ where }),
      invitations: await tenantInvitation.count({ where: { inviterId: userId } }),
    };
  }

  it('leaves nothing open that two hundred requests set up at the same time', async () => {
    const username = `raced${++count}`;
    const email = `${username}@example.com`;
    const { user, accessToken } = await registerWith(app, username, email);
    const { data } = await app.graphql(OWN_TENANTS, {}, accessToken);
    const tenantId = data.me.tenants[0]!.id;
    await app.graphql(REQUEST_PASSWORD_RESET, { input: { email } });
    const links = () => mailsTo(app, email, 'passwordResetLink');
    await expect.poll(async () => (await links()).length).toBe(1);
    const token = /token=([\w-]+)/.exec((await links())[0]!.text)![1]!;

    const attacks = [
      () => app.graphql(CREATE_API_KEY, { input: { name: 'CI' } }, accessToken),
      () => app.graphql(CREATE_USER_TOKEN, {}, accessToken),
      () => app.graphql(ENABLE_TOTP, {}, accessToken),
      () => app.graphql(CHANGE_EMAIL, { input: { email: `e.${email}` } }, accessToken),
      () => app.graphql(LOGIN, { input: { username, password: PASSWORD } }),
      (n: number) => {
        const input = { tenantId, email: `f${n}.${email}`, role: 'OWNER' as const };
        return app.graphql(INVITE_TENANT_MEMBER, { input }, accessToken);
      },
    ];
    const under = Array.from({ length: EACH }, (_, n) => attacks.map((attack) => attack(n)));
    const input = { token, password: NEW };
    const reset = app.graphql(COMPLETE_PASSWORD_RESET, { input });
    const after = Array.from({ length: EACH }, (_, n) => attacks.map((attack) => attack(n + EACH)));
    await Promise.all([...under, ...after].flat());
    expectType((await reset).data.completePasswordReset, 'CompletePasswordResetPayload');
    expect(await liveRows(user.id)).toEqual({
      sessions: 0,
      apiKeys: 0,
      userTokens: 0,
      oneTimeTokens: 0,
      totpCredentials: 0,
      invitations: 0,
    });
  });
});

describe.each(providers)('a sign-in, on %s,', (provider) => {
  const weak = countingHasher().hasher;
  const strong = countingHasher({ time: 2 }).hasher;
  let held: Promise<void> | undefined;
  let checked = () => {};
  let app: TestApp;
  beforeAll(async () => {
    const verify: typeof strong.verify = async (...args) => {
      const isRight = await strong.verify(...args);
      checked();
      await held;
      return isRight;
    };
    app = await startApp({ provider, hasher: { ...strong, verify } });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const passwordHashOf = (username: string, passwordHash: string) =>
    app.services.db.prisma.user.update({
      where: { usernameKey: username },
      data: { passwordHash },
    });
  const login = async (username: string) => {
    const { data, errors } = await app.graphql(LOGIN, { input: { username, password: PASSWORD } });
    return errors[0]?.extensions.code ?? data.login.__typename;
  };

  it.each([
    ['opens no session', false],
    ['begins no challenge', true],
  ])('%s once the password that it checked was replaced', async (_what, hasTotp) => {
    const username = hasTotp ? 'late' : 'later';
    const { accessToken, user } = await registerWith(app, username, `${username}@example.com`);
    if (hasTotp) await turnOnTotp(app, accessToken);
    let release = () => {};
    held = new Promise((resolve) => (release = resolve));
    const isChecked = new Promise<void>((resolve) => (checked = resolve));
    const late = login(username);
    await isChecked;
    await passwordHashOf(username, await strong.hash(NEW));
    await app.services.db.prisma.session.updateMany({ data: { revokedAt: app.clock.now() } });
    release();
    held = undefined;
    expect(await late).toBe('UNAUTHENTICATED');
    const where = { userId: user.id };
    expect(
      await app.services.db.prisma.session.count({ where: { ...where, revokedAt: null } }),
    ).toBe(0);
    expect(await app.services.db.prisma.oneTimeToken.count({ where })).toBe(0);
  });

  it('succeeds for all of twenty at once whose hash is made anew', async () => {
    const username = 'rehashed';
    await registerWith(app, username, `${username}@example.com`);
    await passwordHashOf(username, await weak.hash(PASSWORD));
    const ends = await Promise.all(Array.from({ length: 20 }, () => login(username)));
    expect(ends).toEqual(ends.map(() => 'AuthPayload'));
  });
});
