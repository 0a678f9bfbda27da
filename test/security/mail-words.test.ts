import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceName } from '../../src/adapters/device-name.ts';
import { createMailer } from '../../src/adapters/mailer.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import { createSecretBox } from '../../src/adapters/secret-box.ts';
import { composeMail, openBody } from '../../src/features/mail/compose.ts';
import type { MailData, MailKind } from '../../src/core/mail.ts';
import { mailName } from '../../src/features/mail/words.ts';
import { startApp } from '../support/app.ts';
import { readOutbox } from '../support/outbox.ts';
import { REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { createUser, setUpAdmin } from '../support/people.ts';

const SITE = 'https://accounts.example.com';
const LINK = `${SITE}/page?token=t`;
const AT = new Date('2026-01-31T09:30:00.000Z');
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36';

/** What each template is told, with the same words wherever a client chooses some. */
const DATA: { readonly [K in MailKind]: (words: string) => MailData<K> } = {
  newDevice: whence,
  refreshTokenReused: whence,
  totpEnabled: whence,
  totpDisabled: whence,
  totpReset: whence,
  recoveryCodeUsed: (words) => ({ ...whence(words), left: 9 }),
  recoveryCodesRegenerated: whence,
  passwordChanged: whence,
  passwordReset: whence,
  passwordResetLink: (words) => ({ ...whence(words), link: LINK, expiresAt: AT }),
  accessEnded: () => ({ apiKeys: 2, secondFactor: true, at: AT }),
  apiKeyCreated: (words) => ({ ...whence(words), key: words, hint: 'qzr_…x7Kq' }),
  apiKeyRotated: (words) => ({ ...whence(words), key: words, hint: 'qzr_…x7Kq', until: AT }),
  apiKeyRevoked: (words) => ({ ...whence(words), key: words, hint: 'qzr_…x7Kq' }),
  emailCode: (words) => ({ ...whence(words), code: '123456', expiresAt: AT }),
  newEmailCode: (words) => ({ ...whence(words), code: '123456', expiresAt: AT }),
  emailChangeTried: whence,
  emailChanged: whence,
  tenantInvitation: (words) => ({
    link: LINK,
    tenant: words,
    inviter: words,
    role: 'ADMIN',
    expiresAt: AT,
  }),
};

function whence(words: string) {
  return { device: deviceName(words), address: words, at: AT };
}

const HOSTILE: readonly string[] = [
  'https://evil.example/login',
  'www.evil.example',
  'evil.example',
  'cafe.de',
  'go to evil.example now',
  'evil .example',
  'xn--e1awd7f.example',
  'evil․example',
  'evil。example',
  'evil．example',
  'evil｡example',
  'evilꓸexample',
  'evil۔example',
  'evil\u200b.example',
  'evil.\u2060example',
  'e\u00advil.example',
  '𝐞𝐯𝐢𝐥.𝐞𝐱𝐚𝐦𝐩𝐥𝐞',
  'hxxp://evil[.]example',
  'evil[.]example',
  'evil(.)example',
  'https∶∕∕evil․example',
  'javascript:alert(1)',
  'eve@evil.example',
  'eve＠evil',
  'mailto:eve@evil.example',
  '+1 (800) 555-0199',
  '８００５５５０１９９',
  '\u202eelpmaxe.live\u202c',
  '\u2066evil\u2069 \u200fof\u200e \u061cthem',
  'Ann\r\nBcc: eve@evil.example',
  'Ann\r\n\r\n<h1>Your account is locked</h1>',
  'Ann\nX-Evil: 1',
  'Ann\u2028Bob\u2029Eve\u0085Dan\u0000\u001b[31m',
  '<a href="https://evil.example">here</a>',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '=?utf-8?Q?evil?=',
  'Ann" <eve@evil.example>, "Bob',
  'x'.repeat(10_000),
  'ﷺ'.repeat(1000),
  `a${'\u0301'.repeat(500)}`,
  '\u2800\u3164\u115f\ufe0f\u034f',
  '🙂'.repeat(5000),
  `${CHROME} https://evil.example`,
  `evil.example/1.0 (locked) ${CHROME}`,
];

const ALLOWED_HEADERS = [
  'auto-submitted',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
];
const FORBIDDEN = /(?!\n)[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const LINK_LIKE =
  /:\/\/|@|www|hxxp|[\p{L}\p{N}-]\[?\(?[.\u2024\u3002\uff0e\uff61\ua4f8\u06d4]\)?\]?[\p{L}\p{N}-]|(?:\d[ ()-]*){9}/u;
const MORE_THAN_NAMES = 4 * 64 + 100;

describe('a mail', () => {
  const secretBox = createSecretBox(['a secret key for tests: 32 bytes and more']);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-words-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function mailOf<K extends MailKind>(kind: K, words: string, sub: string): Promise<Email> {
    const from = { name: '', address: 'no-reply@example.com' };
    const config = { publicUrl: SITE, mailFrom: from };
    const clock = { now: () => AT };
    const to = { email: 'ann@example.org', name: words, username: words, emailVerifiedAt: AT };
    const mail = composeMail(
      { config, clock, random: systemRandom, secretBox },
      { kind, to, data: DATA[kind](words) },
    );
    if (!mail) throw new Error('there is no mail');
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const mailer = createMailer({ smtpUrl: undefined, folder: join(folder, sub), from, log });
    const { messageId, toName: name, toAddress: address, subject, createdAt: date } = mail;
    const body = openBody(secretBox, mail);
    await mailer?.send({ messageId, to: { name, address }, subject, date, ...body });
    const [file] = await readdir(join(folder, sub));
    return PostalMime.parse(await readFile(join(folder, sub, file!)));
  }

  const tagsOf = (html: string | undefined) => new Set(html?.match(/<\/?[a-z]+/g) ?? []);
  /** Without what the server itself writes of such kinds. */
  const linesOf = ({ text = '' }: Email) =>
    [LINK, SITE, '2026-01-31 09:30 UTC'].reduce((rest, own) => rest.replaceAll(own, ''), text);

  it.each(Object.keys(DATA) as MailKind[])(
    '%s holds nothing that a client could lead its reader astray with',
    async (kind) => {
      const plain = await mailOf(kind, 'Ann', `${kind}-plain`);
      for (const [index, words] of HOSTILE.entries()) {
        const mail = await mailOf(kind, words, `${kind}-${index}`);
        const { text = '', html = '', subject = '', to, headers } = mail;
        const seen = words.slice(0, 60);
        expect([...text].length, seen).toBeLessThan(
          [...(plain.text ?? '')].length + MORE_THAN_NAMES,
        );
        expect(subject, seen).toBe(plain.subject);
        for (const part of [text, html, subject, to?.[0]?.name ?? '']) {
          expect(part, seen).not.toMatch(FORBIDDEN);
        }
        expect(linesOf(mail), seen).not.toMatch(LINK_LIKE);
        expect(to, seen).toHaveLength(1);
        expect(to?.[0]?.address, seen).toBe('ann@example.org');
        expect(to?.[0]?.name ?? '', seen).not.toMatch(LINK_LIKE);
        expect([...(to?.[0]?.name ?? '')].length, seen).toBeLessThanOrEqual(64);
        expect(
          headers.map(({ key }) => key).filter((key) => !ALLOWED_HEADERS.includes(key)),
        ).toEqual([]);
        expect(
          [...tagsOf(html)].filter((tag) => !tagsOf(plain.html).has(tag)),
          seen,
        ).toEqual([]);
      }
    },
    60_000,
  );

  it.each([
    'Ann',
    'Ann B. Clark',
    'J.R.R. Tolkien',
    "Zoë O'Neill-Smith",
    'Иван Петров',
    '李小龍',
    'محمد علی',
    'Müller & Söhne e.V.',
    'Rockets (North) No. 7',
    'user_42',
  ])('greets %s by name', async (name) => {
    const mail = await mailOf('passwordChanged', name, `name-${name}`);
    expect(mail.text).toContain(`Hello ${name.normalize('NFKC')},`);
    expect(mail.to?.[0]?.name).toBe(name.normalize('NFKC'));
  });

  it('leaves out a name of which nothing can be shown', async () => {
    const mail = await mailOf('tenantInvitation', 'evil.example', 'left-out');
    expect(mail.text).toMatch(/^Hello,\n/);
    expect(mail.text).not.toMatch(/Team|Invited by/);
    expect(mail.to).toEqual([{ name: '', address: 'ann@example.org' }]);
  });
});

describe('a name in a mail', () => {
  it('is cleaned once and for all', () => {
    for (const words of HOSTILE) {
      const once = mailName(words);
      expect(mailName(once)).toBe(once);
    }
  });
});

describe('a device', () => {
  it.each([
    [CHROME, 'Chrome on Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    [`${CHROME} https://evil.example`, 'Chrome on Windows'],
    ['curl/8.4.0', undefined],
    ['evil.example/1.0 your account is locked', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('that says %j is %j', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });

  it('is named in a time that does not grow with what it says', () => {
    for (const seed of [
      ' ',
      'a',
      '/',
      'Version/',
      'Mozilla/5.0 (',
      'Android ',
      'CPU OS 1_',
      '; ',
    ]) {
      expect(deviceName(seed.repeat(500_000))?.length ?? 0).toBeLessThan(60);
    }
  });
});

describe('the words of a client', () => {
  it('reach no mail through a header or a name, at any door', async () => {
    const app = await startApp();
    try {
      const { accessToken } = await setUpAdmin(app);
      await createUser(app, accessToken, 'ann', { email: 'ann@example.org', name: 'evil.example' });
      const headers = {
        'user-agent': `evil.example/1.0 (locked, see https://evil.example) ${CHROME}`,
      };
      const query = String(REQUEST_PASSWORD_RESET);
      const variables = { input: { email: 'ann@example.org' } };
      await app.rest('POST', '/graphql', { body: { query, variables }, headers });
      const path = '/compat/lncrawl/api/auth/send-password-reset-link';
      await app.rest('POST', path, { body: { email: 'ann@example.org' }, headers });
      await expect.poll(async () => (await readOutbox(app.services)).length).toBe(2);
      for (const { toName, subject, text, html } of await readOutbox(app.services)) {
        expect([toName, subject, text, html].join('\n')).not.toContain('evil');
        expect(text).toContain('  Device: Chrome on Windows\n');
      }
    } finally {
      await app.close();
    }
  });
});
