import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../support/database.ts';
import { LOGIN, REGISTER } from '../support/documents.ts';
import { codeTo } from '../support/email.ts';
import { CHANGE_EMAIL, SEND_EMAIL_OTP, VERIFY_EMAIL_OTP } from '../support/email-documents.ts';
import { networks, startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import { readOutbox } from '../support/outbox.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { createUser, PASSWORD, setUpAdmin } from '../support/people.ts';
import { CREATE_USER_TOKEN, SIGNUP } from '../support/referral-documents.ts';
import { ACCEPT_TENANT_INVITATION, REGISTER_BY_INVITATION } from '../support/tenant-documents.ts';
import { invite, registerOwner } from '../support/tenants.ts';
import { codeOf, turnOnTotp } from '../support/totp.ts';
import { COMPLETE_LOGIN, REAUTHENTICATE } from '../support/totp-documents.ts';

const WRONG = 'INVALID_CREDENTIALS';
const IN = 'AuthPayload';
const NEW = 'staple of another kind';

describe.each(providers)('a place on %s', (provider) => {
  let stage: ThrottledApp;
  let admin: string;
  let count = 0;
  const anywhere = networks();
  const newName = () => `person${++count}`;
  const emailOf = (name: string) => `${name}@example.com`;
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    admin = (await setUpAdmin(stage.app)).accessToken;
  });
  afterAll(() => stage.app.close());

  /** Whether an account is let in from a place by each of its names while strangers are kept out. */
  const isTrusted = async (address: string, names: readonly string[], password = PASSWORD) => {
    for (const name of names) {
      let outcome = await stage.guess(name, anywhere());
      for (let i = 0; i < 15 && outcome === WRONG; i++)
        outcome = await stage.guess(name, anywhere());
      expect(await stage.guess(name, anywhere(), password)).toBeGreaterThan(0);
      outcome = await stage.guess(name, address, password);
      if (outcome !== IN && outcome !== 'TotpChallenge') return outcome;
    }
    return true;
  };
  const register = async (username: string, address: string) => {
    const input = { username, email: emailOf(username), password: PASSWORD };
    const { data } = await stage.ask(REGISTER, { input }, { address });
    if (data.register.__typename !== IN) throw new Error(data.register.__typename);
    return data.register;
  };
  const resetToken = async (email: string) => {
    await stage.app.services.background.close();
    const mails = await readOutbox(stage.app.services);
    const mail = mails.filter(({ toAddress, kind }) => toAddress === email && /Link$/.test(kind));
    return /reset-password\?token=([\w-]+)/.exec(mail.at(-1)?.text ?? '')?.[1] ?? '';
  };

  it('is not trusted where nobody signed in', async () => {
    const name = newName();
    await register(name, anywhere());
    expect(await isTrusted(anywhere(), [name])).toBeGreaterThan(0);
  });

  it('is trusted where an account was registered', async () => {
    const [name, address] = [newName(), anywhere()];
    await register(name, address);
    expect(await isTrusted(address, [name, emailOf(name)])).toBe(true);
  });

  it('is trusted where the first user was made', async () => {
    expect(await isTrusted('127.0.0.1', ['admin'])).toBe(true);
  });

  it('is trusted by each name of an account that signed in by one', async () => {
    const [name, address] = [newName(), anywhere()];
    await createUser(stage.app, admin, name, { email: emailOf(name) });
    expect(await stage.signIn(name, address)).toBe(IN);
    expect(await isTrusted(address, [emailOf(name), name])).toBe(true);
  });

  it('is trusted where an account was made with a referrer token', async () => {
    const [name, address] = [newName(), anywhere()];
    const { data } = await stage.app.graphql(CREATE_USER_TOKEN, {}, admin);
    const made = data.createUserToken as { userToken?: { token: string } };
    const referrer = made.userToken?.token ?? '';
    const input = { referrer, email: emailOf(name), password: PASSWORD };
    const answer = await stage.ask(SIGNUP, { input }, { address });
    expect(answer.data.signup.__typename).toBe(IN);
    expect(await isTrusted(address, [emailOf(name)])).toBe(true);
  });

  it('is trusted where an account was made by invitation', async () => {
    const [name, address] = [newName(), anywhere()];
    const owner = await registerOwner(stage.app, newName());
    const { invitationToken } = await invite(stage.app, owner, emailOf(name));
    const input = { invitationToken, username: name, password: PASSWORD };
    const { data } = await stage.ask(REGISTER_BY_INVITATION, { input }, { address });
    expect(data.registerByInvitation.__typename).toBe(IN);
    expect(await isTrusted(address, [name, emailOf(name)])).toBe(true);
  });

  it('is trusted where an invitation was accepted', async () => {
    const [name, address] = [newName(), anywhere()];
    const { accessToken: token } = await register(name, anywhere());
    const owner = await registerOwner(stage.app, newName());
    const { invitationToken } = await invite(stage.app, owner, emailOf(name));
    const input = { invitationToken };
    const { data } = await stage.ask(ACCEPT_TENANT_INVITATION, { input }, { address, token });
    expect(data.acceptTenantInvitation.__typename).toBe('AcceptTenantInvitationPayload');
    expect(await isTrusted(address, [name, emailOf(name)])).toBe(true);
  });

  it.each([
    ['of the address', 'emailCode'],
    ['of another address', 'newEmailCode'],
  ])('is trusted where a code %s was proven, and not where it was asked for', async (_of, kind) => {
    const [name, asked, proven] = [newName(), anywhere(), anywhere()];
    const { accessToken: token } = await register(name, anywhere());
    const isChange = kind === 'newEmailCode';
    const email = isChange ? `new-${emailOf(name)}` : emailOf(name);
    const sent = isChange
      ? (await stage.ask(CHANGE_EMAIL, { input: { email } }, { address: asked, token })).data
          .changeEmail
      : (await stage.ask(SEND_EMAIL_OTP, {}, { address: asked, token })).data.sendEmailOtp;
    const otp = await codeTo(stage.app, email, kind);
    const input = { token: (sent as { token: string }).token, otp };
    const { data } = await stage.ask(VERIFY_EMAIL_OTP, { input }, { address: proven });
    expect(data.verifyEmailOtp.__typename).toBe('VerifyEmailOtpPayload');
    expect(await isTrusted(proven, [name, email])).toBe(true);
    expect(await stage.signIn(name, asked)).toBeGreaterThan(0);
  });

  it('is trusted where somebody showed again who they are', async () => {
    const [name, address] = [newName(), anywhere()];
    const { accessToken: token } = await register(name, anywhere());
    const input = { password: PASSWORD };
    const { data } = await stage.ask(REAUTHENTICATE, { input }, { address, token });
    expect(data.reauthenticate.__typename).toBe(IN);
    expect(await isTrusted(address, [name])).toBe(true);
  });

  it('is trusted where the second factor was shown', async () => {
    const [name, asked, shown] = [newName(), anywhere(), anywhere()];
    const { accessToken: token } = await register(name, anywhere());
    const { secret } = await turnOnTotp(stage.app, token);
    stage.app.clock.step(30);
    const input = { username: name, password: PASSWORD };
    const { data } = await stage.ask(LOGIN, { input }, { address: asked });
    const { challengeToken } = data.login as { challengeToken: string };
    const answer = { challengeToken, code: codeOf(stage.app, secret) };
    const done = await stage.ask(COMPLETE_LOGIN, { input: answer }, { address: shown });
    expect(done.data.completeLogin.__typename).toBe(IN);
    expect(await isTrusted(shown, [name, emailOf(name)])).toBe(true);
  });

  describe('where a reset was completed', () => {
    it('is trusted, and what stood against it is lifted, for nobody else', async () => {
      const [name, address] = [newName(), anywhere()];
      await register(name, anywhere());
      await stage.guessTimes(9, name, address);
      expect(await stage.signIn(name, address)).toBeGreaterThan(0);
      const email = emailOf(name);
      await stage.ask(REQUEST_PASSWORD_RESET, { input: { email } }, { address });
      const input = { token: await resetToken(email), password: NEW };
      const { data, cookie } = await stage.ask(COMPLETE_PASSWORD_RESET, { input }, { address });
      expect(data.completePasswordReset.__typename).toBe('CompletePasswordResetPayload');
      expect(await isTrusted(address, [name, email], NEW)).toBe(true);
      expect(await stage.guess(name, anywhere(), NEW)).toBeGreaterThan(0);
      // And so is the browser, wherever it goes.
      expect(await stage.guess(name, anywhere(), NEW, cookie)).toBe(IN);
    });

    it('is not trusted with the second factor', async () => {
      const [name, address] = [newName(), anywhere()];
      const { accessToken: token } = await register(name, anywhere());
      const email = emailOf(name);
      // Of an address that was not proven before, the reset takes the second factor away.
      const { user } = stage.app.services.db.prisma;
      const data = { emailVerifiedAt: stage.app.clock.now() };
      await user.updateMany({ where: { username: name }, data });
      const { secret } = await turnOnTotp(stage.app, token);
      stage.app.clock.step(30);
      await stage.ask(REQUEST_PASSWORD_RESET, { input: { email } }, { address });
      const input = { token: await resetToken(email), password: NEW };
      await stage.ask(COMPLETE_PASSWORD_RESET, { input }, { address });
      const outcomes = [];
      for (let i = 0; i < 6; i++) {
        const login = { input: { username: name, password: NEW } };
        const { data } = await stage.ask(LOGIN, login, { address });
        const { challengeToken } = data.login as { challengeToken: string };
        const code = i < 5 ? '000000' : codeOf(stage.app, secret);
        const answer = await stage.ask(
          COMPLETE_LOGIN,
          { input: { challengeToken, code } },
          { address },
        );
        outcomes.push(answer.errors[0]?.extensions.code ?? answer.data.completeLogin.__typename);
      }
      expect(outcomes).toEqual([...Array<string>(5).fill('WrongCodeError'), 'RATE_LIMITED']);
    });
  });
});
