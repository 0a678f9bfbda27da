import { describe, expect, it } from 'vitest';
import { deviceName } from '../../src/adapters/device-name.ts';
import { renderLetter } from '../../src/features/mail/letter.ts';
import { TEMPLATES } from '../../src/features/mail/templates.ts';
import { ownText } from '../../src/features/mail/words.ts';

const SITE = 'https://accounts.example.com';
const AT = new Date('2026-01-31T09:30:00.123Z');
const EVIL = `<img src=x onerror=alert(1)>"'&\r\nBcc: eve@example.com`;

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const whence = { device: deviceName(CHROME), address: '192.0.2.7', at: AT };
const frame = { name: 'Ann', site: SITE };
const MAILS = {
  newDevice: TEMPLATES.newDevice(frame, whence),
  refreshTokenReused: TEMPLATES.refreshTokenReused(frame, whence),
  totpEnabled: TEMPLATES.totpEnabled(frame, whence),
  totpDisabled: TEMPLATES.totpDisabled(frame, whence),
  totpReset: TEMPLATES.totpReset(frame, whence),
  recoveryCodeUsed: TEMPLATES.recoveryCodeUsed(frame, { ...whence, left: 9 }),
  recoveryCodesRegenerated: TEMPLATES.recoveryCodesRegenerated(frame, whence),
  passwordChanged: TEMPLATES.passwordChanged(frame, whence),
  passwordReset: TEMPLATES.passwordReset(frame, whence),
  passwordResetLink: TEMPLATES.passwordResetLink(frame, {
    ...whence,
    link: 'https://accounts.example.com/reset-password?token=t',
    expiresAt: AT,
  }),
  accessEnded: TEMPLATES.accessEnded(frame, { apiKeys: 2, secondFactor: true, at: AT }),
  apiKeyCreated: TEMPLATES.apiKeyCreated(frame, { ...whence, key: 'CI & co', hint: 'qzr_…x7Kq' }),
  apiKeyRotated: TEMPLATES.apiKeyRotated(frame, {
    ...whence,
    key: EVIL,
    hint: 'qzr_…x7Kq',
    until: AT,
  }),
  apiKeyRevoked: TEMPLATES.apiKeyRevoked(frame, { ...whence, key: 'CI', hint: 'qzr_…x7Kq' }),
  emailCode: TEMPLATES.emailCode(frame, { ...whence, code: '123456', expiresAt: AT }),
  newEmailCode: TEMPLATES.newEmailCode(frame, { ...whence, code: '123456', expiresAt: AT }),
  emailChangeTried: TEMPLATES.emailChangeTried(frame, whence),
  emailChanged: TEMPLATES.emailChanged(frame, whence),
  tenantInvitation: TEMPLATES.tenantInvitation(frame, {
    link: 'https://accounts.example.com/invitation#token=t',
    tenant: 'Ann & <b>Bob</b>',
    inviter: EVIL,
    role: 'ADMIN',
    expiresAt: AT,
  }),
} satisfies Record<keyof typeof TEMPLATES, unknown>;

describe.each(Object.entries(MAILS))('the mail %s', (_kind, mail) => {
  it('greets, and says which account it is about', () => {
    expect(mail.text).toMatch(/^Hello Ann,\n\n/);
    expect(mail.text).toMatch(
      /\n\n-- \nYou get this mail because .* https:\/\/accounts.example.com\n$/,
    );
    expect(mail.html).toContain('<p>Hello Ann,</p>');
    expect(mail.html).toContain(SITE);
  });

  it('says the same in text and in HTML', () => {
    const text = mail.html
      .replace(/<title>.*<\/title>/, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/&(lt|gt|quot|amp|#39);/g, (entity) => UNESCAPED[entity] ?? '');
    expect(wordsOf(text)).toEqual(wordsOf(mail.text.replace('-- \n', '')));
  });

  it('has a subject of one short line', () => {
    expect(mail.subject).toMatch(/^[A-Z][^\r\n]{5,77}$/);
  });

  it('keeps what comes from outside from being read as HTML or as a new line', () => {
    expect(mail.html).not.toContain('<img');
    expect(mail.text).not.toMatch(/^Bcc:/m);
  });
});

describe('refreshTokenReused', () => {
  it('says from where, when, and what to do', () => {
    const { subject, text } = MAILS.refreshTokenReused;
    expect(subject).toBe('We signed a device of yours out');
    expect(text).toContain(
      '  Device: Chrome on Windows\n  Address: 192.0.2.7\n  Time: 2026-01-31 09:30 UTC\n',
    );
    expect(text).toContain('change your password');
  });

  it('says where it does not know', () => {
    const whence = { device: undefined, address: undefined, at: AT };
    const { text } = TEMPLATES.refreshTokenReused(frame, whence);
    expect(text).toContain('  Device: unknown\n  Address: unknown\n');
  });
});

describe('recoveryCodeUsed', () => {
  it('says how many are left, and what to do about the last one', () => {
    const say = (left: number) => TEMPLATES.recoveryCodeUsed(frame, { ...whence, left }).text;
    expect(say(9)).toContain('You have 9 left');
    expect(say(0)).toContain('It was the last one. Make new ones now.');
  });
});

describe('totpReset', () => {
  it('does not tell where the administrator is', () => {
    const { text } = MAILS.totpReset;
    expect(text).toContain('  Time: 2026-01-31 09:30 UTC\n');
    expect(text).not.toContain('192.0.2.7');
  });
});

describe.each(['emailCode', 'newEmailCode'] as const)('%s', (kind) => {
  it('has the code in its subject, and is stored under one that has not', () => {
    const { subject, storedSubject, text } = MAILS[kind];
    expect(subject).toBe('OTP (123456)');
    expect(storedSubject).toBe('OTP');
    expect(text).toContain('\n\n123456\n\nIt is good once, until 2026-01-31 09:30 UTC.');
  });
});

describe('tenantInvitation', () => {
  it('says who invites whereto, as what and until when, and links to the page', () => {
    const { subject, text } = TEMPLATES.tenantInvitation(frame, {
      link: 'https://accounts.example.com/invitation#token=t',
      tenant: 'Rockets',
      inviter: 'Bob',
      role: 'MEMBER',
      expiresAt: AT,
    });
    expect(subject).toBe('You are invited to join a team');
    expect(text).toContain(
      '  Team: Rockets\n  Invited by: Bob\n  Your role: member\n  Good until: 2026-01-31 09:30 UTC\n',
    );
    expect(text).toContain('\n\nhttps://accounts.example.com/invitation#token=t\n\n');
  });

  it.each(['Win: https://eve.example', 'go to eve.example', 'eve@example'])(
    'does not carry %j to a stranger as a name',
    (name) => {
      const { text, html } = TEMPLATES.tenantInvitation(frame, {
        link: 'https://accounts.example.com/invitation#token=t',
        tenant: name,
        inviter: name,
        role: 'MEMBER',
        expiresAt: AT,
      });
      expect(text + html).not.toContain('eve');
    },
  );
});

describe('renderLetter', () => {
  const letter = { subject: 'A "subject" & more', blocks: ['One < two.'], site: SITE };

  it('escapes subject, paragraphs and labels', () => {
    const blocks = ['One < two.', [['<b>', ownText('</td>')]]] as const;
    const { html, text } = renderLetter({ ...letter, name: '<i>', blocks });
    expect(html).toContain('<title>A &quot;subject&quot; &amp; more</title>');
    expect(html).toContain('<p>One &lt; two.</p>');
    expect(html).toContain('<th align="left">&lt;b&gt;</th><td>&lt;/td&gt;</td>');
    expect(text).toContain('One < two.\n\n  <b>: </td>\n');
  });

  it.each([
    ['Ann', 'Hello Ann,'],
    ['Ann B. Clark', 'Hello Ann B. Clark,'],
    ['  Ann\r\n\r\nBob\u2028', 'Hello Ann Bob,'],
    ['x'.repeat(1000), `Hello ${'x'.repeat(64)},`],
    ['', 'Hello,'],
    ['You won: https://eve.example', 'Hello,'],
    ['go to eve.example', 'Hello,'],
    ['eve@example', 'Hello,'],
  ])('greets %j without a link of theirs', (name, greeting) => {
    expect(renderLetter({ ...letter, name }).text.split('\n')[0]).toBe(greeting);
  });
});

const UNESCAPED: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
};

function wordsOf(text: string): readonly string[] {
  return text.replaceAll(':', ' ').split(/\s+/).filter(Boolean);
}
