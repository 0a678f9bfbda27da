import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendDue } from '../../src/features/mail/sender.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { createTestDatabase, providers } from '../support/database.ts';
import { CHANGE_PASSWORD, LOGIN } from '../support/documents.ts';
import { CHANGE_EMAIL, SEND_EMAIL_OTP } from '../support/email-documents.ts';
import { mailerTo, openEmptyBox, smtpOfTest } from '../support/mail-box.ts';
import { readOutbox } from '../support/outbox.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { markProven, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { registerWith } from '../support/planted.ts';
import { INVITE_TENANT_MEMBER, OWN_TENANTS } from '../support/tenant-documents.ts';

const HUNDRED = Array.from({ length: 100 }, (_, n) => n);
const GATHER = 900;

describe.each(providers)('the budget of mail, on %s,', (provider) => {
  let app: TestApp;
  let count = 0;
  beforeAll(async () => {
    const env = { MAIL_PER_ADDRESS: '10', MAIL_PER_ACCOUNT: '30', MAIL_PER_HOUR: '1000' };
    app = await startApp({ provider, env: { ...env, TRUSTED_PROXIES: '127.0.0.1' } });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `budget${++count}`;
    const email = `${username}@example.com`;
    return { username, email, ...(await registerWith(app, username, email)) };
  };
  const provenPerson = async () => {
    const person = await newPerson();
    await markProven(app, person.email);
    return person;
  };
  const mailsTo = async (email: string, kind?: string) =>
    (await readOutbox(app.services)).filter(
      (mail) => mail.toAddress === email && (kind === undefined || mail.kind === kind),
    );
  const makeKeys = async (token: string, many: number) => {
    const aliases = Array.from(
      { length: many },
      (_, n) => `k${n}: createApiKey(input: { name: "k" }) { __typename }`,
    );
    const answer = await app.rest('POST', '/graphql', {
      body: { query: `mutation { ${aliases.join(' ')} }` },
      token,
    });
    expect(answer.text.split('CreateApiKeyPayload')).toHaveLength(many + 1);
  };
  const signInFrom = (username: string, userAgent: string) =>
    app.rest('POST', '/graphql', {
      body: { query: String(LOGIN), variables: { input: { username, password: PASSWORD } } },
      headers: { 'user-agent': userAgent },
    });
  const eventsOf = (action: string, actorId: string) =>
    app.services.db.prisma.auditEvent.count({ where: { action, actorId } });

  it('sends no notice to an address that was never proven, and audits all the same', async () => {
    const { username, email, accessToken, user } = await newPerson();
    for (let request = 0; request < 3; request++) await makeKeys(accessToken, 15);
    await Promise.all(Array.from({ length: 70 }, (_, n) => signInFrom(username, `Firefox/${n}`)));
    expect(await mailsTo(email)).toEqual([]);
    expect(await eventsOf('api_key.created', user.id)).toBe(45);
    expect(await eventsOf('auth.login', user.id)).toBe(71);
  });

  it('gathers notices of one kind: the first goes at once, one more stands for the others', async () => {
    const { email, accessToken, user } = await provenPerson();
    await makeKeys(accessToken, 15);
    await makeKeys(accessToken, 15);
    const mails = await mailsTo(email);
    const now = app.clock.now();
    expect(mails.filter(({ dueAt }) => dueAt! <= now)).toHaveLength(1);
    expect(mails.filter(({ dueAt }) => dueAt! > now)).toHaveLength(1);
    expect(await eventsOf('api_key.created', user.id)).toBe(30);

    app.clock.step(GATHER);
    const smtp = await smtpOfTest();
    await sendDue({ ...app.services, mailer: undefined }, mailerTo(smtp));
    const received = smtp.mails.filter(({ recipients }) => recipients.includes(email));
    const texts = received.map(({ email: mail }) => mail.text ?? '');
    const counts = texts.map((text) => /stands for (\d+)/.exec(text)?.[1] ?? 'itself');
    expect(counts.toSorted()).toEqual(['29', 'itself']);
    expect(texts.join('')).not.toMatch(/\ue000/);
    await createKey(app, accessToken);
    expect(await mailsTo(email)).toHaveLength(1);
  });

  it('gathers a hundred sign-ins at once from as many devices', async () => {
    const { username, email } = await provenPerson();
    await Promise.all(HUNDRED.map((n) => signInFrom(username, `Mozilla/5.0 Firefox/${n}`)));
    const mails = await mailsTo(email, 'newDevice');
    expect(mails).toHaveLength(2);
    const { attempts } = await app.services.db.prisma.throttle.findUniqueOrThrow({
      where: { key: mails.find(({ dueAt, createdAt }) => dueAt! > createdAt)!.id },
    });
    expect(attempts).toBe(100);
  });

  it('lets no flood of one kind hide another kind', async () => {
    const { email, accessToken } = await provenPerson();
    for (let request = 0; request < 4; request++) await makeKeys(accessToken, 15);
    const input = { currentPassword: PASSWORD, newPassword: 'staple of another kind' };
    await app.graphql(CHANGE_PASSWORD, { input }, accessToken);
    const [told] = await mailsTo(email, 'passwordChanged');
    expect(told?.dueAt).toEqual(told?.createdAt);
  });

  it('sends an address so many codes an hour, of a hundred asked for at once', async () => {
    const { username, email, accessToken } = await newPerson();
    await Promise.all(HUNDRED.map(() => app.graphql(SEND_EMAIL_OTP, {}, accessToken)));
    expect(await mailsTo(email)).toHaveLength(10);
    app.clock.step(3600);
    const later = await signIn(app, username);
    await app.graphql(SEND_EMAIL_OTP, {}, later.accessToken);
    expect(await mailsTo(email)).toHaveLength(11);
  });

  it('leaves the last link that was mailed good, of a hundred asked for at once', async () => {
    const { email } = await newPerson();
    await Promise.all(HUNDRED.map(() => app.graphql(REQUEST_PASSWORD_RESET, { input: { email } })));
    await app.services.background.close();
    const links = await mailsTo(email, 'passwordResetLink');
    expect(links).toHaveLength(10);
    const ends = [];
    for (const { text } of links) {
      const token = /token=([\w-]+)/.exec(text)?.[1] ?? '';
      const input = { token, password: 'staple of another kind' };
      const { data } = await app.graphql(COMPLETE_PASSWORD_RESET, { input });
      ends.push(data.completePasswordReset.__typename);
    }
    expect(ends.filter((end) => end === 'CompletePasswordResetPayload')).toHaveLength(1);
  });

  it('lets an account send so many mails an hour to strangers, however it does so', async () => {
    const { accessToken } = await newPerson();
    const { data } = await app.graphql(OWN_TENANTS, {}, accessToken);
    const tenantId = data.me.tenants[0]!.id;
    const run = ++count;
    const addresses = HUNDRED.map((n) => `stranger${n}.${run}@example.com`);
    await Promise.all(
      addresses.map((email, n) =>
        n % 2 === 0
          ? app.graphql(
              INVITE_TENANT_MEMBER,
              { input: { tenantId, email, role: 'MEMBER' } },
              accessToken,
            )
          : app.graphql(CHANGE_EMAIL, { input: { email } }, accessToken),
      ),
    );
    const mails = (await readOutbox(app.services)).filter(({ toAddress }) =>
      addresses.includes(toAddress),
    );
    expect(mails).toHaveLength(30);
    expect(app.logged.filter(({ message }) => message.startsWith('mail left out'))).not.toEqual([]);
    const other = await newPerson();
    await app.graphql(SEND_EMAIL_OTP, {}, other.accessToken);
    expect(await mailsTo(other.email)).toHaveLength(1);
  });

  it('counts what it leaves out', async () => {
    const { email, accessToken } = await newPerson();
    for (let n = 0; n < 12; n++) await app.graphql(SEND_EMAIL_OTP, {}, accessToken);
    expect(await mailsTo(email)).toHaveLength(10);
    const { text } = await app.rest('GET', '/metrics');
    expect(text).toMatch(/vestibule_mails_total\{kind="emailCode",outcome="suppressed"\} \d+/);
  });
});

describe.each(providers)('the budget of all mail, on %s,', (provider) => {
  it('puts off what is beyond it until the next hour, and lets one kind have half of it', async () => {
    const database = await createTestDatabase(provider);
    const smtp = await smtpOfTest();
    const box = await openEmptyBox(database.url, { mailer: mailerTo(smtp), perHour: 20 });
    for (let n = 0; n < 30; n++) await box.insert();
    await box.round();
    await box.round();
    expect(smtp.mails).toHaveLength(10);
    await box.db.prisma.outboxMail.updateMany({
      where: { sentAt: null },
      data: { kind: 'passwordChanged', dueAt: box.clock.now() },
    });
    await box.round();
    expect(smtp.mails).toHaveLength(20);
    expect(box.logged.map(({ message }) => message)).toContain(
      'MAIL_PER_HOUR is used up: mail of one kind waits',
    );
    await box.db.prisma.outboxMail.updateMany({
      where: { sentAt: null },
      data: { kind: 'newDevice' },
    });
    box.clock.step(3600);
    await box.round();
    expect(smtp.mails).toHaveLength(30);
    expect(await box.db.prisma.outboxMail.count({ where: { sentAt: null } })).toBe(0);
    await box.db.close();
    await database.drop();
  });
});
