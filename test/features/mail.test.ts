import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createMailer, type MailMessage, MailServerError } from '../../src/adapters/mailer.ts';
import { startSmtp, type TestSmtp } from '../support/smtp.ts';

const FROM = { name: 'Example Accounts', address: 'no-reply@example.com' };
const MAIL: MailMessage = {
  messageId: '<m1@example.com>',
  to: { name: 'Ann Müller', address: 'ann@example.org' },
  subject: 'Grüße',
  text: 'Hello Ann,\n\n.a line that begins with a dot\n',
  html: '<p>Hello Ann,</p>',
  date: new Date('2026-01-31T09:30:00Z'),
};
const INJECTED = 'x\r\nBcc: eve@example.com\r\nX-Evil: 1\r\n\r\nbody';

const logged: object[] = [];
const log = {
  debug: () => undefined,
  info: (fields: object) => void logged.push(fields),
  warn: () => undefined,
  error: () => undefined,
};

afterEach(() => {
  logged.length = 0;
});

describe('a mailer with SMTP_URL', () => {
  it('brings text and HTML to the mail server', async () => {
    const smtp = await start();
    await mailerTo(smtp).send(MAIL);
    const [mail, ...more] = smtp.mails;
    expect(more).toEqual([]);
    expect(mail?.recipients).toEqual(['ann@example.org']);
    expect(mail?.email).toMatchObject({
      messageId: '<m1@example.com>',
      from: FROM,
      to: [MAIL.to],
      subject: 'Grüße',
      date: '2026-01-31T09:30:00.000Z',
      text: expect.stringContaining(MAIL.text),
      html: expect.stringContaining('<p>Hello Ann,</p>'),
    });
    const headers = new Map(mail?.email.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('auto-submitted')).toBe('auto-generated');
  });

  it.each([
    ['name', { to: { ...MAIL.to, name: INJECTED } }],
    ['subject', { subject: INJECTED }],
    ['message id', { messageId: `<${INJECTED}>` }],
    ['text', { text: `\r\n.\r\nMAIL FROM:<eve@example.com>\r\n${INJECTED}` }],
  ])('adds no header, recipient or mail for what stands in a %s', async (_where, change) => {
    const smtp = await start();
    await mailerTo(smtp).send({ ...MAIL, ...change });
    expect(smtp.mails.map(({ recipients }) => recipients)).toEqual([['ann@example.org']]);
    const [mail] = smtp.mails;
    expect(mail?.email.bcc).toBeUndefined();
    const names = mail?.email.headers.map(({ key }) => key);
    expect(names).not.toContain('x-evil');
    expect(names).not.toContain('bcc');
  });

  it.each([
    'ann@example.org\r\nRCPT TO:<eve@example.com>',
    'ann@example.org, eve@example.com',
    'ann@example.org>, <eve@example.com',
    'Eve <eve@example.com>',
    '"ann@example.org"@example.com',
    'ann@example.org eve@example.com',
    'ann@eve@example.com',
    'group: ann@example.org;',
    'ann',
    '',
  ])('refuses %j as a recipient', async (address) => {
    const smtp = await start();
    const sending = mailerTo(smtp).send({ ...MAIL, to: { name: '', address } });
    await expect(sending).rejects.toThrow('the recipient is not one plain address');
    expect(smtp.mails).toEqual([]);
  });

  it('tells a recipient that is refused from a server that is not there', async () => {
    const smtp = await start({ refuses: ['ann@example.org'] });
    const refused = await mailerTo(smtp)
      .send(MAIL)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Error);
    expect(refused).not.toBeInstanceOf(MailServerError);
    await smtp.close();
    await expect(mailerTo(smtp).send(MAIL)).rejects.toBeInstanceOf(MailServerError);
  });

  it('sends no password over a network without encryption', async () => {
    const smtp = await start();
    const url = `smtp://ann:secret@[::ffff:127.0.0.1]:${smtp.port}`;
    const mailer = createMailer({ smtpUrl: url, folder: undefined, from: FROM, log });
    await expect(mailer?.send(MAIL)).rejects.toThrow(/STARTTLS/);
    expect(smtp.mails).toEqual([]);
  });
});

describe('a mailer without SMTP_URL', () => {
  it('writes mails to the folder, for nobody else to read, and logs where but not what', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'vestibule-mail-'));
    onTestFinished(() => rm(parent, { recursive: true }));
    const folder = join(parent, 'mail');
    const mailer = createMailer({ smtpUrl: undefined, folder, from: FROM, log });
    await mailer?.send(MAIL);
    expect(await readdir(folder)).toEqual(['20260131T093000Z-m1examplecom.eml']);
    const file = join(folder, '20260131T093000Z-m1examplecom.eml');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await PostalMime.parse(await readFile(file))).toMatchObject({
      subject: 'Grüße',
      to: [MAIL.to],
      text: expect.stringContaining(MAIL.text),
    });
    expect(logged).toEqual([{ file }]);
  });

  it('is none where there is no folder either', () => {
    const options = { smtpUrl: undefined, folder: undefined, from: FROM, log };
    expect(createMailer(options)).toBeUndefined();
  });
});

async function start(options = {}): Promise<TestSmtp> {
  const smtp = await startSmtp(options);
  onTestFinished(() => smtp.close());
  return smtp;
}

function mailerTo({ url }: TestSmtp) {
  const mailer = createMailer({ smtpUrl: url, folder: undefined, from: FROM, log });
  if (!mailer) throw new Error('there is no mailer');
  return mailer;
}
