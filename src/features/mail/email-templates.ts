import type { MailedCode, Whence } from '../../core/mail.ts';
import { facts, type MailFrame } from './frame.ts';
import { type MailContent, renderLetter } from './letter.ts';
import { timeText } from './words.ts';

export const emailCode = (frame: MailFrame, code: MailedCode): MailContent =>
  codeLetter(frame, code, {
    reason: 'somebody signed in to the account with this address asked for a code',
    use: 'To show that this address is yours, enter this code where you asked for it:',
    ignore: 'If this was not you, ignore this mail, and tell nobody the code.',
  });

export const newEmailCode = (frame: MailFrame, code: MailedCode): MailContent =>
  codeLetter(frame, code, {
    reason: 'somebody entered this address as that of their account',
    use: 'To make this the address of your account, enter this code where you asked for it:',
    ignore: 'If this was not you, ignore this mail and nothing happens. Tell nobody the code.',
  });

function codeLetter(
  frame: MailFrame,
  { code, expiresAt, ...whence }: MailedCode,
  say: { readonly reason: string; readonly use: string; readonly ignore: string },
): MailContent {
  const letter = renderLetter({
    ...frame,
    subject: `OTP (${code})`,
    reason: say.reason,
    blocks: [
      say.use,
      code,
      `It is good once, until ${timeText(expiresAt)}. It was asked for from here:`,
      facts(whence),
      say.ignore,
    ],
  });
  return { ...letter, storedSubject: 'OTP' };
}

export const emailChangeTried = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Somebody entered your address',
    blocks: [
      'Somebody wanted to give your address to another account. It stays yours: an address belongs to ' +
        'one account. It was entered from here:',
      facts(whence),
      'If this was you, sign in to the account that has this address already. If it was not, there is ' +
        'nothing to do.',
    ],
  });

export const emailChanged = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Your account has another address',
    reason: 'this was the address of your account',
    blocks: [
      'Mail of your account goes to another address from now on, and you sign in with that one. It was ' +
        'changed from here:',
      facts(whence),
      'If this was not you, somebody is signed in as you: change your password at once, end your other ' +
        'sessions, and tell an administrator of the site.',
    ],
  });
