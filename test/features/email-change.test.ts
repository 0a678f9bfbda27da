import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, ME } from '../support/documents.ts';
import {
  askForChange,
  codeTo,
  mailsTo,
  sendCode,
  verifyCode,
  wrongCode,
} from '../support/email.ts';
import { CHANGE_EMAIL } from '../support/email-documents.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { createUser, markProven, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';

describe.each(providers)('another e-mail address, on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider, env: { FRESH_SECONDS: '1800' } });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `moving${++count}`;
    const email = `${username}@example.com`;
    const { id } = await createUser(app, admin, username, { email });
    return { id, username, email, accessToken: (await signIn(app, username)).accessToken };
  };
  const newAddress = () => `new${++count}@example.com`;
  const emailOf = async (accessToken: string) => {
    const { email, emailVerified } = (await app.graphql(ME, {}, accessToken)).data.me;
    return { email, emailVerified };
  };

  it('becomes theirs once the code that went to it comes back, and the former one is told', async () => {
    const { id, email, accessToken } = await newPerson();
    await markProven(app, email);
    const next = newAddress();
    const { token } = await askForChange(app, accessToken, next);
    const otp = await codeTo(app, next, 'newEmailCode');
    expectType(await verifyCode(app, token, wrongCode(otp)), 'WrongCodeError');
    expect(await emailOf(accessToken)).toEqual({ email, emailVerified: true });
    expect(await mailsTo(app, email, 'emailChanged')).toEqual([]);

    expect(await verifyCode(app, token, otp)).toMatchObject({ email: next });
    expect(await emailOf(accessToken)).toEqual({ email: next, emailVerified: true });
    expect(await mailsTo(app, email, 'emailChanged')).toHaveLength(1);
    await signIn(app, next);
    const old = { input: { username: email, password: PASSWORD } };
    expectType((await app.graphql(LOGIN, old)).data.login, 'InvalidCredentialsError');
    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: id, action: { startsWith: 'email.' } },
      orderBy: { sequence: 'asc' },
    });
    expect(events.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['email.change_requested', 'success'],
      ['email.verify_failed', 'failure'],
      ['email.changed', 'success'],
    ]);
  });

  it('leaves no link and no code good that went to the former one', async () => {
    const { email, accessToken } = await newPerson();
    await app.graphql(REQUEST_PASSWORD_RESET, { input: { email } });
    await expect.poll(async () => (await mailsTo(app, email, 'passwordResetLink')).length).toBe(1);
    const [mail] = await mailsTo(app, email, 'passwordResetLink');
    const link = /token=([\w-]+)/.exec(mail!.text)![1]!;
    const toFormer = await sendCode(app, accessToken);
    const next = newAddress();
    const { token } = await askForChange(app, accessToken, next);
    await verifyCode(app, token, await codeTo(app, next, 'newEmailCode'));

    const input = { token: link, password: 'staple of another kind' };
    const { data } = await app.graphql(COMPLETE_PASSWORD_RESET, { input });
    expectType(data.completePasswordReset, 'ResetTokenInvalidError');
    expectType(await verifyCode(app, toFormer.token, toFormer.otp), 'EmailOtpInvalidError');
  });

  it('is asked for alike where another account has it, who is told', async () => {
    const [one, owner] = [await newPerson(), await newPerson()];
    await markProven(app, owner.email);
    const taken = owner.email.toUpperCase();
    const answer = await askForChange(app, one.accessToken, taken);
    const free = await askForChange(app, one.accessToken, newAddress());
    expect(Object.keys(answer)).toEqual(Object.keys(free));
    expect({ ...answer, token: answer.token.length, email: '' }).toEqual({
      ...free,
      token: free.token.length,
      email: '',
    });
    expect(await mailsTo(app, owner.email, 'emailChangeTried')).toHaveLength(1);
    expect(await mailsTo(app, taken, 'newEmailCode')).toEqual([]);

    const { token } = await askForChange(app, one.accessToken, owner.email);
    for (let n = 0; n < 5; n++) {
      expectType(await verifyCode(app, token, `${n}`), 'WrongCodeError');
    }
    expectType(await verifyCode(app, token, '5'), 'EmailOtpInvalidError');
  });

  it('is taken from an account that never proved it, which keeps its username', async () => {
    const [one, squatter] = [await newPerson(), await newPerson()];
    const { token } = await askForChange(app, one.accessToken, squatter.email);
    await verifyCode(app, token, await codeTo(app, squatter.email, 'newEmailCode'));
    expect(await emailOf(one.accessToken)).toEqual({ email: squatter.email, emailVerified: true });
    expect(await emailOf(squatter.accessToken)).toEqual({ email: null, emailVerified: false });
    await signIn(app, squatter.username);
    const where = { targetId: squatter.id, action: 'email.released' };
    expect(await app.services.db.prisma.auditEvent.count({ where })).toBe(1);
  });

  it('stays with an account that has no username, until its password is reset', async () => {
    const email = newAddress();
    await createUser(app, admin, '', { username: null, email, password: PASSWORD });
    const { accessToken } = await newPerson();
    const { token } = await askForChange(app, accessToken, email);
    const otp = await codeTo(app, email, 'newEmailCode');
    expectType(await verifyCode(app, token, otp), 'EmailTakenError');
  });

  it('is one of twenty who prove at once that they read its mail', async () => {
    const next = newAddress();
    const codes = [];
    for (let n = 0; n < 20; n++) {
      const { accessToken } = await newPerson();
      const { token } = await askForChange(app, accessToken, next);
      const otps = (await mailsTo(app, next, 'newEmailCode')).map(({ subject }) => subject);
      codes.push({ token, otps });
      app.clock.step(1);
    }
    const answers = await Promise.all(
      codes.map(({ token, otps }) => verifyCode(app, token, otps.at(-1)!.replace(/\D/g, ''))),
    );
    const types = answers.map(({ __typename }) => __typename).sort();
    expect(types.filter((type) => type === 'VerifyEmailOtpPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'EmailTakenError')).toHaveLength(19);
  });

  it('is what whoever has no username is listed and found by', async () => {
    const email = newAddress();
    const input = { username: null, email, password: PASSWORD };
    const { id } = await createUser(app, admin, '', input);
    const { accessToken } = await signIn(app, email);
    const next = newAddress().replace('new', 'New');
    const { token } = await askForChange(app, accessToken, next);
    await verifyCode(app, token, await codeTo(app, next, 'newEmailCode'));
    const row = await app.services.db.prisma.user.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({
      email: next,
      emailKey: next.toLowerCase(),
      handleKey: next.toLowerCase(),
    });
  });

  it('may be the own one, spelled otherwise', async () => {
    const { email, accessToken } = await newPerson();
    const next = email.replace('moving', 'Moving');
    const { token } = await askForChange(app, accessToken, next);
    await verifyCode(app, token, await codeTo(app, next, 'newEmailCode'));
    expect(await emailOf(accessToken)).toEqual({ email: next, emailVerified: true });
  });

  it('wants a recent sign-in', async () => {
    const { accessToken } = await newPerson();
    app.clock.step(1799);
    await askForChange(app, accessToken, newAddress());
    app.clock.step(1);
    const { errors } = await app.graphql(
      CHANGE_EMAIL,
      { input: { email: newAddress() } },
      accessToken,
    );
    expect(errors[0]?.extensions.code).toBe('REAUTHENTICATION_REQUIRED');
  });
});

it('holds back whoever asks for an address again and again, whether somebody has it or not', async () => {
  const app = await startApp({ env: { THROTTLE: 'on' } });
  try {
    const { accessToken: admin } = await setUpAdmin(app);
    for (const name of ['Ann', 'Ben', 'Cid']) {
      await createUser(app, admin, name, { email: `${name}@example.com` });
    }
    const ask = async (token: string, email: string) => {
      const { errors } = await app.graphql(CHANGE_EMAIL, { input: { email } }, token);
      return errors[0]?.extensions.code;
    };
    for (const [who, email] of [
      ['Ann', 'cid@example.com'],
      ['Ben', 'free@example.com'],
    ] as const) {
      const { accessToken } = await signIn(app, who);
      const codes = [];
      for (let n = 0; n < 4; n++) codes.push(await ask(accessToken, email));
      expect(codes).toEqual([undefined, undefined, undefined, 'RATE_LIMITED']);
      // What one person does keeps nobody else from it; all that goes there has a budget of its own.
      expect(await ask(admin, email)).toBeUndefined();
    }
  } finally {
    await app.close();
  }
});
