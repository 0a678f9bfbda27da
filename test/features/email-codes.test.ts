import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMailer } from '../../src/adapters/mailer.ts';
import { sendDue } from '../../src/features/mail/sender.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { mailsTo, sendCode, verifyCode, wrongCode } from '../support/email.ts';
import { SEND_EMAIL_OTP } from '../support/email-documents.ts';
import { createUser, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { startSmtp } from '../support/smtp.ts';

const MINUTES = 60;

describe.each(providers)('a code to the own address, on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `coded${++count}`;
    const email = `${username}@example.com`;
    const { id } = await createUser(app, admin, username, { email });
    return { id, email, accessToken: (await signIn(app, username)).accessToken };
  };
  const isVerified = async (accessToken: string) =>
    (await app.graphql(ME, {}, accessToken)).data.me.emailVerified;

  it('proves it once, by whoever has the token, and is written down', async () => {
    const { id, email, accessToken } = await newPerson();
    const { token, otp } = await sendCode(app, accessToken);
    expect(otp).toMatch(/^\d{6}$/);
    expect(await isVerified(accessToken)).toBe(false);
    expect(await verifyCode(app, token, otp)).toEqual({
      __typename: 'VerifyEmailOtpPayload',
      email,
    });
    expect(await isVerified(accessToken)).toBe(true);
    expectType(await verifyCode(app, token, otp), 'EmailOtpInvalidError');
    const again = await app.graphql(SEND_EMAIL_OTP, {}, accessToken);
    expectType(again.data.sendEmailOtp, 'EmailAlreadyVerifiedError');
    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: id, action: { startsWith: 'email.' } },
      orderBy: { sequence: 'asc' },
    });
    expect(events.map(({ action, actorId }) => [action, actorId])).toEqual([
      ['email.code_requested', id],
      ['email.verified', id],
    ]);
  });

  it('stands in clear neither in the outbox nor in the database', async () => {
    const { id, email, accessToken } = await newPerson();
    const { token, otp } = await sendCode(app, accessToken);
    const { oneTimeToken, outboxMail } = app.services.db.prisma;
    const rows = [
      ...(await oneTimeToken.findMany({ where: { userId: id } })).map(({ codeHash, tokenHash }) => [
        codeHash,
        tokenHash,
      ]),
      ...(await outboxMail.findMany({ where: { toAddress: email } })).map(({ subject, body }) => [
        subject,
        body,
      ]),
    ].flat();
    expect(rows).toContain('OTP');
    for (const text of rows) {
      expect(text).not.toContain(otp);
      expect(text).not.toContain(token);
    }
  });

  it('cannot go where there is no address', async () => {
    const { accessToken } = await registerUser(app, `coded${++count}`);
    const { data } = await app.graphql(SEND_EMAIL_OTP, {}, accessToken);
    expectType(data.sendEmailOtp, 'EmailMissingError');
  });

  it('is good for ten minutes', async () => {
    const { accessToken } = await newPerson();
    const { token, otp } = await sendCode(app, accessToken);
    app.clock.step(10 * MINUTES);
    expectType(await verifyCode(app, token, otp), 'EmailOtpInvalidError');
  });

  it('is the newest alone', async () => {
    const { accessToken } = await newPerson();
    const first = await sendCode(app, accessToken);
    app.clock.step(1);
    const second = await sendCode(app, accessToken);
    expectType(await verifyCode(app, first.token, first.otp), 'EmailOtpInvalidError');
    expectType(await verifyCode(app, second.token, second.otp), 'VerifyEmailOtpPayload');
  });

  it('is one of a hundred that were asked for at once', async () => {
    const { id, accessToken } = await newPerson();
    await Promise.all(
      Array.from({ length: 100 }, () => app.graphql(SEND_EMAIL_OTP, {}, accessToken)),
    );
    const where = { userId: id, purpose: 'email-code' };
    expect(await app.services.db.prisma.oneTimeToken.count({ where })).toBe(1);
  });

  it('lets five of a hundred guesses at once be tried, and then none', async () => {
    const { id, accessToken } = await newPerson();
    const { token, otp } = await sendCode(app, accessToken);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => verifyCode(app, token, wrongCode(otp))),
    );
    const tried = answers.filter(({ __typename }) => __typename === 'WrongCodeError');
    expect(tried).toHaveLength(5);
    expectType(await verifyCode(app, token, otp), 'EmailOtpInvalidError');
    expect(await isVerified(accessToken)).toBe(false);
    const where = { action: 'email.verify_failed', targetId: id };
    expect(await app.services.db.prisma.auditEvent.count({ where })).toBe(5);
  });

  it('is taken once of a hundred times at once', async () => {
    const { accessToken } = await newPerson();
    const { token, otp } = await sendCode(app, accessToken);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => verifyCode(app, token, otp)),
    );
    const taken = answers.filter(({ __typename }) => __typename === 'VerifyEmailOtpPayload');
    expect(taken).toHaveLength(1);
  });

  it('goes with its own token only', async () => {
    const [one, other] = [await newPerson(), await newPerson()];
    const first = await sendCode(app, one.accessToken);
    const second = await sendCode(app, other.accessToken);
    if (first.otp !== second.otp) {
      expectType(await verifyCode(app, first.token, second.otp), 'WrongCodeError');
    }
    expectType(await verifyCode(app, second.token, second.otp), 'VerifyEmailOtpPayload');
    expect(await isVerified(one.accessToken)).toBe(false);
  });

  it('proves nothing of another address than it went to, nor for who is disabled', async () => {
    const { id, accessToken } = await newPerson();
    const { user } = app.services.db.prisma;
    const set = (data: { emailKey?: string; disabled?: boolean }) =>
      user.update({ where: { id }, data });
    const { token, otp } = await sendCode(app, accessToken);
    await set({ disabled: true });
    expectType(await verifyCode(app, token, otp), 'EmailOtpInvalidError');
    await set({ disabled: false, emailKey: `moved${count}@example.com` });
    expectType(await verifyCode(app, token, otp), 'EmailOtpInvalidError');
    expect((await user.findUniqueOrThrow({ where: { id } })).emailVerifiedAt).toBeNull();
  });

  it('brings it through a real mail server', async () => {
    const { email, accessToken } = await newPerson();
    const smtp = await startSmtp();
    try {
      const { data } = await app.graphql(SEND_EMAIL_OTP, {}, accessToken);
      const { token } = expectType(data.sendEmailOtp, 'SendEmailOtpPayload');
      const { log, config } = app.services;
      const options = { smtpUrl: smtp.url, folder: undefined, from: config.mailFrom, log };
      const mailer = createMailer(options)!;
      await sendDue({ ...app.services, mailer }, mailer);
      const mail = smtp.mails.find(({ recipients }) => recipients.includes(email))!;
      const otp = /^OTP \((\d{6})\)$/.exec(mail.email.subject ?? '')![1]!;
      expect(mail.email.text).toContain(otp);
      expect(mail.email.html).toContain(otp);
      expectType(await verifyCode(app, token, otp), 'VerifyEmailOtpPayload');
      expect(await mailsTo(app, email, 'emailCode')).toEqual([]);
    } finally {
      await smtp.close();
    }
  });
});

describe('codes that are asked for', () => {
  it('are held back by whom they are of, and count only where one was sent', async () => {
    const app = await startApp({ env: { THROTTLE: 'on' } });
    try {
      await setUpAdmin(app);
      const { accessToken: admin } = await signIn(app, 'admin');
      await createUser(app, admin, 'Ann', { email: 'ann@example.com' });
      const { accessToken } = await signIn(app, 'Ann');
      const ask = async (token: string) => {
        const { data, errors } = await app.graphql(SEND_EMAIL_OTP, {}, token);
        return errors[0]?.extensions.code ?? data.sendEmailOtp.__typename;
      };
      for (let n = 0; n < 3; n++) expect(await ask(accessToken)).toBe('SendEmailOtpPayload');
      expect(await ask(accessToken)).toBe('RATE_LIMITED');
      for (let n = 0; n < 5; n++) expect(await ask(admin)).toBe('EmailMissingError');
      app.clock.step(10 * MINUTES);
      expect(await ask(accessToken)).toBe('SendEmailOtpPayload');
    } finally {
      await app.close();
    }
  });
});
