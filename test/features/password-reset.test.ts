import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMailer } from '../../src/adapters/mailer.ts';
import { sendDue } from '../../src/features/mail/sender.ts';
import type { ResetPasswordInput } from '../generated/graphql.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, LOGIN, ME, REFRESH, SESSIONS } from '../support/documents.ts';
import { readOutbox } from '../support/outbox.ts';
import {
  COMPLETE_PASSWORD_RESET,
  REQUEST_PASSWORD_RESET,
  RESET_PASSWORD,
} from '../support/password-documents.ts';
import { createUser, markProven, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { startSmtp } from '../support/smtp.ts';
import { turnOnTotp } from '../support/totp.ts';

const NEW = 'staple of another kind';
const MINUTES = 60;

describe.each(providers)('a password that is lost, on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `lost${++count}`;
    const email = `${username}@example.com`;
    const { id } = await createUser(app, admin, username, { email });
    return { id, username, email };
  };
  const outbox = (email: string, kind: string) =>
    readOutbox(app.services).then((mails) =>
      mails.filter((mail) => mail.toAddress === email && mail.kind === kind),
    );
  const tokenIn = (text: string) => /reset-password\?token=([\w-]+)/.exec(text)?.[1] ?? '';
  const request = (email: string) => app.graphql(REQUEST_PASSWORD_RESET, { input: { email } });
  /** The tokens of the links that went to an address, the newest last. */
  const linksTo = async (email: string, wanted: number) => {
    const read = async () => (await outbox(email, 'passwordResetLink')).length;
    await expect.poll(read).toBe(wanted);
    return (await outbox(email, 'passwordResetLink')).map(({ text }) => tokenIn(text));
  };
  const newLink = async (email: string) => {
    await request(email);
    return (await linksTo(email, 1))[0]!;
  };
  const complete = async (token: string, password = NEW) => {
    const { data } = await app.graphql(COMPLETE_PASSWORD_RESET, { input: { token, password } });
    return data.completePasswordReset;
  };
  const reset = (input: ResetPasswordInput) => app.graphql(RESET_PASSWORD, { input }, admin);

  describe('by a link', () => {
    it('is replaced once, ends every session, proves the address and tells the user', async () => {
      const { id, username, email } = await newPerson();
      const session = await signIn(app, username);
      const token = await newLink(email);
      expect(expectType(await complete(token), 'CompletePasswordResetPayload')).toMatchObject({
        revokedSessions: 1,
      });
      expectType(await complete(token), 'ResetTokenInvalidError');
      const stale = { input: { refreshToken: session.refreshToken } };
      expectType((await app.graphql(REFRESH, stale)).data.refresh, 'RefreshTokenInvalidError');
      const old = { input: { username, password: PASSWORD } };
      expectType((await app.graphql(LOGIN, old)).data.login, 'InvalidCredentialsError');
      await signIn(app, username, NEW);

      const { user, auditEvent } = app.services.db.prisma;
      expect((await user.findUniqueOrThrow({ where: { id } })).emailVerifiedAt).not.toBeNull();
      const events = await auditEvent.findMany({
        where: { targetId: id, action: { startsWith: 'password.' } },
        orderBy: { sequence: 'asc' },
      });
      expect(events.map(({ action, actorKind }) => [action, actorKind])).toEqual([
        ['password.reset_requested', 'anonymous'],
        ['password.reset', 'user'],
      ]);
      expect(await outbox(email, 'passwordChanged')).toHaveLength(1);
    });

    it('is used up neither by a GET nor by a password that is refused', async () => {
      const { email } = await newPerson();
      const token = await newLink(email);
      await app.rest('GET', `/reset-password?token=${token}`);
      expectType(await complete(token, 'short'), 'PasswordRefusedError');
      expectType(await complete(token), 'CompletePasswordResetPayload');
    });

    it('is the newest alone, for half an hour', async () => {
      const { email } = await newPerson();
      const first = await newLink(email);
      app.clock.step(1);
      await request(email);
      const [, second] = await linksTo(email, 2);
      expectType(await complete(first), 'ResetTokenInvalidError');
      app.clock.step(30 * MINUTES);
      expectType(await complete(second!), 'ResetTokenInvalidError');
    });

    it('leaves one link good of a hundred that were asked for at once', async () => {
      const { id, email } = await newPerson();
      await Promise.all(Array.from({ length: 100 }, () => request(email)));
      await app.services.background.close();
      const where = { userId: id, purpose: 'password-reset' };
      expect(await app.services.db.prisma.oneTimeToken.count({ where })).toBe(1);
    });

    it('lets one of a hundred at once choose the password', async () => {
      const { username, email } = await newPerson();
      const token = await newLink(email);
      const passwords = Array.from({ length: 100 }, (_, i) => `${NEW} ${i}`);
      const answers = await Promise.all(passwords.map((password) => complete(token, password)));
      const won = answers.flatMap(({ __typename }, i) =>
        __typename === 'CompletePasswordResetPayload' ? [passwords[i]!] : [],
      );
      expect(won).toHaveLength(1);
      await signIn(app, username, won[0]);
    });

    it('does not go round the second factor', async () => {
      const { username, email } = await newPerson();
      await markProven(app, email);
      const { accessToken } = await signIn(app, username);
      await turnOnTotp(app, accessToken);
      expectType(await complete(await newLink(email)), 'CompletePasswordResetPayload');
      const { data } = await app.graphql(LOGIN, { input: { username, password: NEW } });
      expectType(data.login, 'TotpChallenge');
    });

    it('goes to nobody for an address that no account has, with the same answer', async () => {
      const { email } = await newPerson();
      const strange = await request('nobody@example.com');
      const known = await request(email);
      expect(strange.errors).toEqual([]);
      expect(strange.data.requestPasswordReset).toEqual({
        __typename: 'RequestPasswordResetPayload',
        email: 'nobody@example.com',
      });
      expect(known.data.requestPasswordReset).toMatchObject({ email });
      await linksTo(email, 1);
      expect(await outbox('nobody@example.com', 'passwordResetLink')).toEqual([]);
    });
  });

  describe('by an administrator', () => {
    it('is good for choosing another one and for nothing else', async () => {
      const { id, username, email } = await newPerson();
      await markProven(app, email);
      await signIn(app, username);
      const { data } = await reset({ login: username, newPassword: NEW });
      expect(data.resetPassword).toMatchObject({
        revokedSessions: 1,
        user: { id, mustChangePassword: true },
      });
      expect(await outbox(email, 'passwordReset')).toHaveLength(1);

      const { accessToken } = await signIn(app, username, NEW);
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
      const { errors } = await app.graphql(SESSIONS, {}, accessToken);
      expect(errors[0]?.extensions.code).toBe('PASSWORD_CHANGE_REQUIRED');
      const input = { currentPassword: NEW, newPassword: `${NEW} of mine` };
      const changed = await app.graphql(CHANGE_PASSWORD, { input }, accessToken);
      expectType(changed.data.changePassword, 'ChangePasswordPayload');
      expect((await app.graphql(SESSIONS, {}, accessToken)).errors).toEqual([]);
    });

    it('is left to the user where the administrator chooses none', async () => {
      const { id, email } = await newPerson();
      expect((await reset({ id })).data.resetPassword.__typename).toBe('ResetPasswordPayload');
      const [token] = await linksTo(email, 1);
      expectType(await complete(token!), 'CompletePasswordResetPayload');
    });

    it.each([
      ['an account without an address', { login: 'unreachable' }, 'EmailMissingError'],
      ['their own account', { login: 'admin', newPassword: NEW }, 'OwnAccountError'],
      ['nobody', { login: 'nobody', newPassword: NEW }, 'UserNotFoundError'],
      [
        'a common password',
        { login: 'unreachable', newPassword: 'password1' },
        'PasswordRefusedError',
      ],
    ])('is refused for %s', async (_what, input, expected) => {
      if (input.login === 'unreachable' && !('newPassword' in input)) {
        await createUser(app, admin, 'unreachable');
      }
      expect((await reset(input)).data.resetPassword.__typename).toBe(expected);
    });
  });
});

describe('requestPasswordReset', () => {
  it.each(providers)('loses no link to an orderly stop on %s', async (provider) => {
    const app = await startApp({ provider });
    await setUpAdmin(app);
    const people = Array.from({ length: 20 }, (_, n) => `ann${n}`);
    const token = await freshToken(app);
    for (const name of people) await createUser(app, token, name, { email: `${name}@example.com` });
    await Promise.all(
      people.map((name) =>
        app.graphql(REQUEST_PASSWORD_RESET, { input: { email: `${name}@example.com` } }),
      ),
    );
    await app.drain();
    await app.services.background.close();
    const where = { kind: 'passwordResetLink' };
    expect(await app.services.db.prisma.outboxMail.count({ where })).toBe(people.length);
    await app.close();
  });

  it('holds back an address that somebody keeps asking for, whether an account has it or not', async () => {
    const app = await startApp({ env: { THROTTLE: 'on' } });
    try {
      await setUpAdmin(app);
      await createUser(app, await freshToken(app), 'Ann', { email: 'ann@example.com' });
      for (const email of ['ann@example.com', 'zoe@example.com']) {
        const codes = [];
        for (let n = 0; n < 4; n++) {
          const { errors } = await app.graphql(REQUEST_PASSWORD_RESET, { input: { email } });
          codes.push(errors[0]?.extensions.code);
        }
        expect(codes).toEqual([undefined, undefined, undefined, 'RATE_LIMITED']);
      }
    } finally {
      await app.close();
    }
  });

  it('brings a link through a real mail server that works once', async () => {
    const app = await startApp();
    const smtp = await startSmtp();
    try {
      await setUpAdmin(app);
      await createUser(app, await freshToken(app), 'Ann', { email: 'ann@example.com' });
      await app.graphql(REQUEST_PASSWORD_RESET, { input: { email: 'ann@example.com' } });
      const { log } = app.services;
      const { mailFrom: from } = app.services.config;
      const mailer = createMailer({ smtpUrl: smtp.url, folder: undefined, from, log })!;
      const arrived = async () => {
        await sendDue({ ...app.services, mailer }, mailer);
        return smtp.mails.filter(({ email }) => email.subject === 'Choose another password');
      };
      await expect.poll(async () => (await arrived()).length).toBe(1);
      const [mail] = await arrived();
      const token = /token=([\w-]+)/.exec(mail!.email.text ?? '')![1]!;
      const input = { token, password: NEW };
      const once = await app.graphql(COMPLETE_PASSWORD_RESET, { input });
      expectType(once.data.completePasswordReset, 'CompletePasswordResetPayload');
      const again = await app.graphql(COMPLETE_PASSWORD_RESET, { input });
      expectType(again.data.completePasswordReset, 'ResetTokenInvalidError');
    } finally {
      await smtp.close();
      await app.close();
    }
  });
});

async function freshToken(app: TestApp): Promise<string> {
  return (await signIn(app, 'admin')).accessToken;
}
