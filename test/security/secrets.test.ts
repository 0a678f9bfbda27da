import { describe, expect, it, onTestFinished } from 'vitest';
import { readOrMakeSetupToken } from '../../src/features/setup/token.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { CREATE_API_KEY, ROTATE_API_KEY } from '../support/api-key-documents.ts';
import { auditTrail } from '../support/audit.ts';
import { createKey } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, LOGIN, ME, REFRESH, REGISTER, SETUP } from '../support/documents.ts';
import { askForChange, codeTo, sendCode, verifyCode, wrongCode } from '../support/email.ts';
import { smtpOfTest } from '../support/mail-box.ts';
import { readOutbox } from '../support/outbox.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { CREATE_USER_TOKEN, SIGNUP } from '../support/referral-documents.ts';
import { createSecrets, dumpTables, logText, type Secrets, watch } from '../support/secrets.ts';
import { REGISTER_BY_INVITATION } from '../support/tenant-documents.ts';
import { invite, registerOwner } from '../support/tenants.ts';
import { answer, challenge, codeOf, confirm, turnOnTotp, wrongCodeOf } from '../support/totp.ts';
import { REAUTHENTICATE, REGENERATE_RECOVERY_CODES } from '../support/totp-documents.ts';

const GUEST = 'guest@example.com';
const SCRAPE = 'a-token-for-those-who-scrape-32-bytes';
const CLIENT_SECRET = 'the-secret-of-the-shop-is-32-bytes-long';

describe.each(providers)('secrets on %s', (provider) => {
  it('stand in no log line, table, audit event, refusal or metric after every flow', async () => {
    const smtp = await smtpOfTest();
    const env = {
      OPEN_SETUP: 'false',
      SMTP_URL: smtp.url,
      METRICS: 'on',
      METRICS_TOKEN: SCRAPE,
      INTROSPECTION_CLIENTS: `shop:${CLIENT_SECRET}`,
    };
    const started = await startApp({ provider, env });
    onTestFinished(() => started.close());
    const secrets = createSecrets();
    secrets.remember('a secret key for tests: 32 bytes and more', 'SECRET_KEY');
    secrets.remember(SCRAPE, 'METRICS_TOKEN');
    secrets.remember(CLIENT_SECRET, 'client secret');
    const app = watch(started, secrets);

    const setupToken = await readOrMakeSetupToken(app.services);
    secrets.remember(setupToken, 'setup token');
    expect(secrets.leaksIn(await dumpTables(app.databaseUrl))).toEqual([]);
    const wrongToken = `${setupToken.slice(1)}x`;
    const input = { username: 'admin', password: PASSWORD, setupToken: wrongToken };
    await app.graphql(SETUP, { input });
    const headers = { 'setup-token': wrongToken };
    await app.rest('POST', '/compat/dumb/api/auth/skip-setup', { headers });
    const admin = await setUpAdmin(app, 'admin', setupToken);
    await signInWrongAndRight(app);
    await secondFactor(app, admin.accessToken);
    await guestByInvitation(app, secrets);
    await referral(app);
    await apiKeys(app);
    await oauth(app, secrets);
    await dialects(app);
    await malformed(app, secrets);
    expect(secrets.known.size).toBeGreaterThan(40);

    const unsent = await dumpTables(app.databaseUrl);
    await learnMails(app, secrets);
    expect(secrets.leaksIn(unsent)).toEqual([]);
    // Until what was gathered is due too.
    app.clock.step(app.services.config.mailGatherSeconds);
    app.services.mail.start();
    await expect
      .poll(() => app.services.db.prisma.outboxMail.count({ where: { sentAt: null } }))
      .toBe(0);
    const tables = await dumpTables(app.databaseUrl);
    expect(tables).toContain(GUEST);
    expect(secrets.leaksIn(tables)).toEqual([]);
    expect(smtp.mails.length).toBeGreaterThan(4);
    expect(await app.services.db.prisma.outboxMail.count({ where: { body: { not: '' } } })).toBe(0);

    expect(app.logged.length).toBeGreaterThan(0);
    expect(secrets.leaksIn(logText(app))).toEqual([]);
    expect(app.refusals.length).toBeGreaterThan(8);
    expect(app.refusals.filter((text) => secrets.leaksIn(text).length > 0)).toEqual([]);
    const events = await auditTrail(started, (await adminToken(started)).accessToken);
    expect(events).toContain('AUTH_LOGIN_FAILED');
    expect(secrets.leaksIn(events)).toEqual([]);
    const metrics = await started.rest('GET', '/metrics', { token: SCRAPE });
    expect(metrics.text).toContain('vestibule_operations_total');
    expect(secrets.leaksIn(metrics.text)).toEqual([]);
  }, 60_000);
});

describe('the search for secrets', () => {
  it('finds a password, a code and a token in an address, and no code inside a number', () => {
    const secrets = createSecrets();
    secrets.learn({ input: { password: 'tea & biscuits', otp: '123456' }, name: 'Ann' });
    secrets.remember('abc+def', 'token');
    expect(secrets.leaksIn(logText({ logged: [planted('tea & biscuits')] }))).toEqual(['password']);
    expect(secrets.leaksIn('{"subject":"OTP (123456)"}')).toEqual(['otp']);
    expect(secrets.leaksIn('/verify?token=abc%2Bdef')).toEqual(['token']);
    expect(secrets.leaksIn('took 0.123456 s, 91234567, Ann')).toEqual([]);
  });

  it.each(providers)('finds one in a table on %s', async (provider) => {
    const app = await startApp({ provider });
    onTestFinished(() => app.close());
    const secrets = createSecrets();
    secrets.learn({ password: PASSWORD });
    const { user } = await setUpAdmin(app);
    expect(secrets.leaksIn(await dumpTables(app.databaseUrl))).toEqual([]);
    await app.services.db.prisma.user.update({ where: { id: user.id }, data: { name: PASSWORD } });
    expect(secrets.leaksIn(await dumpTables(app.databaseUrl))).toEqual(['password']);
  });
});

function planted(secret: string) {
  const err = new Error('failed', { cause: new Error(`with ${secret}`) });
  return { level: 'error', fields: { err }, message: 'planted' };
}

async function signInWrongAndRight(app: TestApp) {
  const wrong = { username: 'admin', password: 'wrong horse battery' };
  await app.graphql(LOGIN, { input: wrong });
  await app.rest('POST', '/api/v1/login', {
    body: { name: 'admin', secret: 'wrong horse staple' },
  });
  await app.graphql(REGISTER, { input: { username: 'ann', password: 'short7' } });
  const { refreshToken } = await signIn(app, 'admin');
  const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
  const pair = expectType(data.refresh, 'AuthPayload');
  await app.graphql(ME, {}, pair.accessToken);
  app.clock.step(120);
  const stolen = await app.graphql(REFRESH, { input: { refreshToken } });
  expectType(stolen.data.refresh, 'RefreshTokenReusedError');
  const { errors } = await app.graphql(ME, {}, pair.accessToken);
  expect(errors).toHaveLength(1);
}

async function secondFactor(app: TestApp, token: string) {
  await confirm(app, token, '000000');
  const { secret, recoveryCodes } = await turnOnTotp(app, (await signIn(app, 'admin')).accessToken);
  app.clock.step(60);
  const first = await challenge(app, 'admin');
  await answer(app, first.challengeToken, wrongCodeOf(app, secret));
  expectType(await answer(app, first.challengeToken, codeOf(app, secret)), 'AuthPayload');
  const second = await challenge(app, 'admin');
  const done = expectType(
    await answer(app, second.challengeToken, recoveryCodes[0]!),
    'AuthPayload',
  );
  app.clock.step(60);
  const input = { password: PASSWORD, code: codeOf(app, secret) };
  const shown = await app.graphql(REAUTHENTICATE, { input }, done.accessToken);
  const fresh = expectType(shown.data.reauthenticate, 'AuthPayload');
  const { data } = await app.graphql(REGENERATE_RECOVERY_CODES, {}, fresh.accessToken);
  expectType(data.regenerateRecoveryCodes, 'RegenerateRecoveryCodesPayload');
}

/** Somebody with an address: by invitation, then another password, a lost one and another address. */
async function guestByInvitation(app: TestApp, secrets: Secrets) {
  const owner = await registerOwner(app, 'owner');
  const { invitationToken } = await invite(app, owner, GUEST);
  const registration = { invitationToken, username: 'guest', password: 'guest horse battery' };
  const registered = await app.graphql(REGISTER_BY_INVITATION, { input: registration });
  const { accessToken } = expectType(registered.data.registerByInvitation, 'AuthPayload');

  const newPassword = 'second guest battery';
  const change = { currentPassword: 'guest horse battery', newPassword };
  const changed = await app.graphql(CHANGE_PASSWORD, { input: change }, accessToken);
  expectType(changed.data.changePassword, 'ChangePasswordPayload');
  await app.graphql(CHANGE_PASSWORD, { input: change }, accessToken);

  await app.graphql(REQUEST_PASSWORD_RESET, { input: { email: GUEST } });
  await learnMails(app, secrets);
  const reset = { token: await resetToken(app), password: 'third guest battery' };
  const { data } = await app.graphql(COMPLETE_PASSWORD_RESET, { input: reset });
  expectType(data.completePasswordReset, 'CompletePasswordResetPayload');
  await app.graphql(COMPLETE_PASSWORD_RESET, { input: reset });

  const again = await signIn(app, 'guest', 'third guest battery');
  const asked = await askForChange(app, again.accessToken, 'new@example.com');
  const code = await codeTo(app, 'new@example.com', 'newEmailCode');
  expectType(await verifyCode(app, asked.token, code), 'VerifyEmailOtpPayload');
}

async function resetToken(app: TestApp): Promise<string> {
  await app.services.background.close();
  const mail = (await readOutbox(app.services)).findLast(
    ({ kind }) => kind === 'passwordResetLink',
  );
  return /[#?&]token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? '';
}

async function learnMails(app: TestApp, secrets: Secrets) {
  await app.services.background.close();
  for (const { subject, text } of await readOutbox(app.services)) {
    const code = /\((\d{6})\)/.exec(subject ?? '')?.[1];
    if (code !== undefined) secrets.remember(code, 'mailed code');
    for (const [, token] of text.matchAll(/[#?&]token=([\w-]+)/g)) {
      secrets.remember(token!, 'mailed token');
    }
  }
}

async function referral(app: TestApp) {
  const { accessToken } = await signIn(app, 'owner');
  const { data } = await app.graphql(CREATE_USER_TOKEN, {}, accessToken);
  const { token } = expectType(data.createUserToken, 'CreateUserTokenPayload').userToken;
  await app.rest('GET', `/compat/lncrawl/api/auth/verify-token?token=${token}`);
  const input = { referrer: token, email: 'new-one@example.com', password: 'referred battery 1' };
  const signedUp = await app.graphql(SIGNUP, { input: { ...input, name: 'New' } });
  const { accessToken: newToken } = expectType(signedUp.data.signup, 'AuthPayload');
  const code = await sendCode(app, newToken);
  await verifyCode(app, code.token, wrongCode(code.otp));
  expectType(await verifyCode(app, code.token, code.otp), 'VerifyEmailOtpPayload');
  await app.graphql(SIGNUP, { input: { ...input, referrer: 'wrongwrong', name: 'New' } });
}

async function apiKeys(app: TestApp) {
  const { accessToken } = await signIn(app, 'owner');
  const made = await createKey(app, accessToken);
  await app.graphql(ME, {}, made.key);
  await app.graphql(CREATE_API_KEY, { input: { name: 'no' } }, made.key);
  const rotated = await app.graphql(ROTATE_API_KEY, { input: { id: made.apiKey.id } }, accessToken);
  expectType(rotated.data.rotateApiKey, 'RotateApiKeyPayload');
  await app.rest('GET', '/api/auth/me', { token: `${made.key}x` });
}

async function oauth(app: TestApp, secrets: Secrets) {
  const { accessToken, refreshToken } = await signIn(app, 'owner');
  const wrong = 'not-the-secret-of-the-shop-but-as-long';
  secrets.remember(wrong, 'wrong client secret');
  const form = (path: string, fields: Record<string, string>) =>
    app.rest('POST', path, {
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const client = { client_id: 'shop', client_secret: CLIENT_SECRET };
  expect((await form('/oauth/introspect', { token: accessToken, ...client })).status).toBe(200);
  await form('/oauth/introspect', { token: accessToken, ...client, client_secret: wrong });
  expect((await form('/oauth/revoke', { token: refreshToken })).status).toBe(200);
}

async function dialects(app: TestApp) {
  const body = { name: 'owner', secret: PASSWORD };
  const login = await app.rest('POST', '/api/v1/login', { body });
  const cookie = `access_token=${(login.body as { access_token: string }).access_token}`;
  expect((await app.rest('GET', '/api/v1/users/me', { headers: { cookie } })).status).toBe(200);
  const { accessToken: token } = await signIn(app, 'owner');
  const path = `/compat/dumb/api/auth/verify?token=${token}`;
  expect((await app.rest('POST', path, { body: {} })).status).toBe(200);
  await app.rest('GET', `/nowhere?token=${token}`);
  await app.rest('GET', `/graphql?token=${token}`);
}

/** What cannot be read, with a secret in it. */
async function malformed(app: TestApp, secrets: Secrets) {
  const secret = 'malformed horse battery';
  secrets.remember(secret, 'password of a malformed body');
  const login = (value: string) => `mutation { login(input: ${value}) { __typename } }`;
  const queries = [
    login(`{ username: "admin", password: "${secret}", more: 1 }`),
    login(`{ username: "admin", password: "${secret}`),
    login(`{ username: "admin", password: { text: "${secret}" } }`),
    login(`"${secret}"`),
    login(`{ username: 1, password: "${secret}" }`),
  ];
  for (const query of queries) await app.rest('POST', '/graphql', { body: { query } });
  const query = String(LOGIN);
  const inputs = [secret, { password: secret }, { username: 'a', password: { text: secret } }];
  for (const input of [...inputs, { username: 'a', password: secret, more: secret }]) {
    await app.rest('POST', '/graphql', { body: { query, variables: { input } } });
  }
  for (const path of ['/graphql', '/api/auth/login', '/api/v1/login']) {
    for (const body of [`{"password":"${secret}`, `${secret}`, `{"secret": ${secret}}`]) {
      await app.rest('POST', path, { body });
    }
    await app.rest('POST', path, { body: { name: 1, username: [secret], password: [secret] } });
    await app.rest('POST', path, { body: { name: 'a', username: 'a', secret: { secret } } });
  }
}

function adminToken(app: TestApp) {
  const data = { systemRole: 'ADMIN' } as const;
  return app.services.db.prisma.user
    .updateMany({ where: { usernameKey: 'owner' }, data })
    .then(() => signIn(app, 'owner'));
}
