import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEvent } from '../../src/features/audit/event.ts';
import { insertSessionAtOnce } from '../../src/features/sessions/store.ts';
import { BY_NOBODY } from '../support/audit.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, ME } from '../support/documents.ts';
import {
  DISABLE_TOTP,
  ENABLE_TOTP,
  MY_SECOND_FACTOR,
  REGENERATE_RECOVERY_CODES,
  RESET_TOTP,
  SECOND_FACTORS,
} from '../support/totp-documents.ts';
import { readOutbox } from '../support/outbox.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import {
  answer,
  challenge,
  codeOf,
  confirm,
  signInTwice,
  turnOnTotp,
  wrongCodeOf,
} from '../support/totp.ts';

const STEP = 30;
const RECOVERY_CODE = /^(?:[0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/;

describe.each(providers)('the second factor on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const begin = async (token: string) =>
    expectType((await app.graphql(ENABLE_TOTP, {}, token)).data.enableTotp, 'EnableTotpPayload');
  const mine = async (token: string) => (await app.graphql(MY_SECOND_FACTOR, {}, token)).data;
  const isSignedIn = async (token: string) =>
    (await app.graphql(ME, {}, token)).errors.length === 0;
  const events = async (userId: string) => {
    const rows = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: userId },
      orderBy: { sequence: 'asc' },
    });
    return rows.map(({ action, outcome, details }) => [action, outcome, details]);
  };
  const enrolled = async (username: string) => {
    const { accessToken, user } = await registerUser(app, username);
    const { email } = await app.services.db.prisma.user.update({
      where: { id: user.id },
      data: { email: `${username}@example.org`, emailVerifiedAt: app.clock.now() },
    });
    const credential = await turnOnTotp(app, accessToken);
    app.clock.step(STEP);
    return { username, accessToken, id: user.id, email, ...credential };
  };
  const mailsTo = async (email: string | null) => {
    const mails = await readOutbox(app.services);
    return mails.filter(({ toAddress }) => toAddress === email).map(({ kind }) => kind);
  };

  it('begins with a secret, an address and a QR code, and counts for nothing yet', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    const { secret, provisioningUri, qrCode } = await begin(accessToken);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(provisioningUri).toContain('otpauth://totp/vestibule.test:Ann?');
    expect(provisioningUri).toContain(`secret=${secret}`);
    const png = Buffer.from(qrCode.replace('data:image/png;base64,', ''), 'base64');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect((await mine(accessToken)).me).toEqual({ totpEnabled: false, recoveryCodesLeft: 0 });
    await signIn(app, 'Ann');
  });

  it('counts the last secret that was asked for, and only once it was shown', async () => {
    const { accessToken } = await registerUser(app, 'Ben');
    expectType(await confirm(app, accessToken, '123456'), 'TotpNotPendingError');
    const first = await begin(accessToken);
    const second = await begin(accessToken);
    const stale = await confirm(app, accessToken, codeOf(app, first.secret));
    expectType(stale, 'WrongCodeError');
    await signIn(app, 'Ben');
    const done = await confirm(app, accessToken, codeOf(app, second.secret));
    const { recoveryCodes, user } = expectType(done, 'ConfirmTotpPayload');
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(RECOVERY_CODE);
    expect(user).toEqual({ totpEnabled: true, recoveryCodesLeft: 10 });
    const again = await app.graphql(ENABLE_TOTP, {}, accessToken);
    expectType(again.data.enableTotp, 'TotpAlreadyEnabledError');
    expectType(
      await confirm(app, accessToken, codeOf(app, second.secret, 1)),
      'TotpNotPendingError',
    );
  });

  it('lets one of a hundred confirmations at once turn it on', async () => {
    const { accessToken } = await registerUser(app, 'Bob');
    const { secret } = await begin(accessToken);
    const code = codeOf(app, secret);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => confirm(app, accessToken, code)),
    );
    const won = answers.filter(({ __typename }) => __typename === 'ConfirmTotpPayload');
    expect(won).toHaveLength(1);
    expect((await mine(accessToken)).me.recoveryCodesLeft).toBe(10);
  });

  it('ends the other sessions, and knows that this one has shown it', async () => {
    const here = await registerUser(app, 'Cid');
    const there = await signIn(app, 'Cid');
    await turnOnTotp(app, here.accessToken);
    expect(await isSignedIn(there.accessToken)).toBe(false);
    const { sessions } = await mine(here.accessToken);
    expect(sessions.map(({ authMethods }) => authMethods)).toEqual([['pwd', 'otp']]);
  });

  it('is asked for after a right password, in two steps', async () => {
    const { username, secret } = await enrolled('Dee');
    const { challengeToken, expiresIn } = await challenge(app, username);
    expect(expiresIn).toBe(300);
    const done = await answer(app, challengeToken, codeOf(app, secret));
    const { accessToken } = expectType(done, 'AuthPayload');
    const { sessions } = await mine(accessToken);
    expect(sessions.find(({ current }) => current)?.authMethods).toEqual(['pwd', 'otp']);
  });

  it('takes codes as people write them, of one step before and after', async () => {
    const { username, secret, recoveryCodes } = await enrolled('Eve');
    const grouped = codeOf(app, secret).replace(/^.../, '$& ');
    await signInTwice(app, username, grouped);
    await signInTwice(app, username, codeOf(app, secret, 1));
    app.clock.step(3 * STEP);
    await signInTwice(app, username, codeOf(app, secret, -1));
    const loud = recoveryCodes[0]!.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O');
    await signInTwice(app, username, loud);
  });

  it('takes each recovery code once, says how many are left, and tells its user', async () => {
    const { username, id, email, recoveryCodes } = await enrolled('Fay');
    const { accessToken } = await signInTwice(app, username, recoveryCodes[0]!);
    expect((await mine(accessToken)).me).toEqual({ totpEnabled: true, recoveryCodesLeft: 9 });
    const { challengeToken } = await challenge(app, username);
    expectType(await answer(app, challengeToken, recoveryCodes[0]!), 'WrongCodeError');
    expect(await mailsTo(email)).toEqual(['totpEnabled', 'recoveryCodeUsed']);
    expect(await events(id)).toEqual([
      ['auth.registered', 'success', '{}'],
      ['totp.enabled', 'success', '{"count":0}'],
      ['totp.recovery_code_used', 'success', '{"count":9}'],
      ['auth.login_failed', 'failure', '{"reason":"WRONG_CODE"}'],
    ]);
  });

  it('replaces recovery codes, the unused ones too', async () => {
    const { username, accessToken, email, recoveryCodes } = await enrolled('Gus');
    const made = await app.graphql(REGENERATE_RECOVERY_CODES, {}, accessToken);
    const fresh = expectType(
      made.data.regenerateRecoveryCodes,
      'RegenerateRecoveryCodesPayload',
    ).recoveryCodes;
    expect(new Set([...recoveryCodes, ...fresh]).size).toBe(20);
    const { challengeToken } = await challenge(app, username);
    expectType(await answer(app, challengeToken, recoveryCodes[5]!), 'WrongCodeError');
    expectType(await answer(app, challengeToken, fresh[5]!), 'AuthPayload');
    expect(await mailsTo(email)).toContain('recoveryCodesRegenerated');
  });

  it('has no recovery codes to replace while it is off', async () => {
    const { accessToken } = await registerUser(app, 'Hal');
    const { data } = await app.graphql(REGENERATE_RECOVERY_CODES, {}, accessToken);
    expectType(data.regenerateRecoveryCodes, 'TotpNotEnabledError');
    const off = await app.graphql(DISABLE_TOTP, {}, accessToken);
    expectType(off.data.disableTotp, 'TotpNotEnabledError');
  });

  it('goes with its codes, challenges and other sessions when it is turned off', async () => {
    const { username, accessToken, id, email, secret } = await enrolled('Ida');
    const there = await signInTwice(app, username, codeOf(app, secret));
    const { challengeToken } = await challenge(app, username);
    const off = await app.graphql(DISABLE_TOTP, {}, accessToken);
    expect(expectType(off.data.disableTotp, 'DisableTotpPayload')).toMatchObject({
      revokedSessions: 1,
      user: { totpEnabled: false, recoveryCodesLeft: 0 },
    });
    expect(await isSignedIn(there.accessToken)).toBe(false);
    app.clock.step(STEP);
    const late = await answer(app, challengeToken, codeOf(app, secret));
    expectType(late, 'ChallengeInvalidError');
    await signIn(app, username);
    expect(await mailsTo(email)).toEqual(['totpEnabled', 'totpDisabled']);
    expect((await events(id)).at(-1)).toEqual(['totp.disabled', 'success', '{"count":1}']);
    const { totpCredential, recoveryCode } = app.services.db.prisma;
    expect(await totpCredential.count({ where: { userId: id } })).toBe(0);
    expect(await recoveryCode.count({ where: { userId: id } })).toBe(0);
  });

  it('outlives a new password, which ends challenges that are open', async () => {
    const { username, accessToken, secret } = await enrolled('Jon');
    const { challengeToken } = await challenge(app, username);
    const input = { currentPassword: PASSWORD, newPassword: 'staple of another kind' };
    const changed = await app.graphql(CHANGE_PASSWORD, { input }, accessToken);
    expectType(changed.data.changePassword, 'ChangePasswordPayload');
    const late = await answer(app, challengeToken, codeOf(app, secret));
    expectType(late, 'ChallengeInvalidError');
    expect((await mine(accessToken)).me.totpEnabled).toBe(true);
  });

  it('does not let somebody in who was disabled since the password was right', async () => {
    const { username, id, secret } = await enrolled('Kim');
    const { challengeToken } = await challenge(app, username);
    await app.services.db.prisma.user.update({ where: { id }, data: { disabled: true } });
    const late = await answer(app, challengeToken, codeOf(app, secret));
    expectType(late, 'AccountDisabledError');
  });

  it('is refused when it came on between the password and the session', async () => {
    const { user } = await registerUser(app, 'Lea');
    const { services } = app;
    const before = await services.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } });
    const session = await services.db.prisma.session.findFirstOrThrow({
      where: { userId: user.id },
    });
    const data = { totpEnabledAt: app.clock.now() };
    await services.db.prisma.user.update({ where: { id: user.id }, data });
    const event = auditEvent(BY_NOBODY, { action: 'auth.login' });
    const late = { ...session, id: 'too late' };
    const begun = await insertSessionAtOnce(services.db, before, late, { event });
    expect(begun).toBe(false);
    expect(await services.db.prisma.session.count({ where: { id: 'too late' } })).toBe(0);
    expect(await services.db.prisma.auditEvent.count({ where: { id: event.id } })).toBe(0);
  });

  describe('an administrator', () => {
    const reset = async (userId: string, token = admin) =>
      app.graphql(RESET_TOTP, { input: { userId } }, token);

    it('takes it away from whoever lost it, who is told and signed out', async () => {
      const { username, accessToken, id, email } = await enrolled('Max');
      const done = await reset(id);
      expect(expectType(done.data.resetTotp, 'ResetTotpPayload')).toMatchObject({
        revokedSessions: 1,
        user: { username, totpEnabled: false, recoveryCodesLeft: null },
      });
      expect(await isSignedIn(accessToken)).toBe(false);
      await signIn(app, username);
      expect(await mailsTo(email)).toEqual(['totpEnabled', 'totpReset']);
      const [event] = await app.services.db.prisma.auditEvent.findMany({
        where: { targetId: id, action: 'totp.reset' },
      });
      expect(event).toMatchObject({ actorKind: 'user', actorName: 'admin', outcome: 'success' });
    });

    it('is told where there is none, or nobody, or it is their own', async () => {
      const { user, accessToken } = await registerUser(app, 'Ned');
      expectType((await reset(user.id)).data.resetTotp, 'TotpNotEnabledError');
      expectType((await reset('nobody')).data.resetTotp, 'UserNotFoundError');
      const own = await app.graphql(ME, {}, admin);
      expectType((await reset(own.data.me.id)).data.resetTotp, 'OwnAccountError');
      const { errors } = await reset(user.id, accessToken);
      expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    });

    it('sees who has one, but nobody else’s recovery codes', async () => {
      await enrolled('Oli');
      const { data } = await app.graphql(SECOND_FACTORS, {}, admin);
      const people = new Map(data.users.edges.map(({ node }) => [node.username, node]));
      expect(people.get('Oli')).toMatchObject({ totpEnabled: true, recoveryCodesLeft: null });
      expect(people.get('admin')).toMatchObject({ totpEnabled: false, recoveryCodesLeft: 0 });
    });
  });

  it('writes down a first code that is refused', async () => {
    const { accessToken, user } = await registerUser(app, 'Pia');
    const { secret } = await begin(accessToken);
    expectType(await confirm(app, accessToken, wrongCodeOf(app, secret)), 'WrongCodeError');
    const event = await app.services.db.prisma.auditEvent.findFirstOrThrow({
      where: { actorId: user.id },
      orderBy: { sequence: 'desc' },
    });
    expect(event).toMatchObject({ action: 'totp.confirm_failed', outcome: 'failure' });
  });
});
