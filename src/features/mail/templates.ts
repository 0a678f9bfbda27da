import { emailChanged, emailChangeTried, emailCode, newEmailCode } from './email-templates.ts';
import type { MailData, MailKind, Whence } from '../../core/mail.ts';
import { facts, type MailFrame } from './frame.ts';
import { apiKeyCreated, apiKeyRevoked, apiKeyRotated } from './key-templates.ts';
import { type MailContent, renderLetter } from './letter.ts';
import { mailName, ownText, timeText } from './words.ts';

const refreshTokenReused = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'We signed a device of yours out',
    blocks: [
      'A key that keeps one of your devices signed in was used a second time, long after it had been ' +
        'replaced. Either somebody copied it, or an app kept an old one. We cannot tell which, so we ' +
        'ended that sign-in. The last attempt came from here:',
      facts(whence),
      'Sign in again on your device; nothing else is lost.',
      'If you do not recognise this, change your password, end your other sessions, and look for ' +
        'malware on the devices that you sign in from.',
    ],
  });

const newDevice = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'A sign-in from a new device',
    blocks: [
      'Somebody signed in to your account from a device or a place that we had not seen you at before:',
      facts(whence),
      'If this was you, there is nothing to do.',
      'If it was not, somebody has your password: change it now, and end your other sessions.',
    ],
  });

const totpEnabled = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Your second factor is on',
    blocks: [
      'From now on signing in takes a code of your authenticator app besides your password. It was ' +
        'turned on from here; everywhere else you were signed out:',
      facts(whence),
      'Keep your recovery codes where you find them without your phone: each of them stands in for a ' +
        'code once.',
      'If this was not you, somebody is signed in as you. Ask an administrator of the site for help.',
    ],
  });

const totpDisabled = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Your second factor is off',
    blocks: [
      'Signing in takes only your password now. The second factor was turned off from here; everywhere ' +
        'else you were signed out:',
      facts(whence),
      'If this was not you, change your password now and turn the second factor on again.',
    ],
  });

const totpReset = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'An administrator removed your second factor',
    blocks: [
      'Signing in takes only your password now, and you were signed out everywhere. An administrator ' +
        'removed the second factor at this time:',
      [['Time', timeText(whence.at)]],
      'Sign in and turn it on again with the device that you have now.',
      'If you did not ask for this, tell the administrator, and change your password.',
    ],
  });

const recoveryCodeUsed = (
  frame: MailFrame,
  { left, ...whence }: MailData<'recoveryCodeUsed'>,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'A recovery code was used',
    blocks: [
      'Somebody showed a recovery code of yours in place of a code of your authenticator app:',
      facts(whence),
      left === 0
        ? 'It was the last one. Make new ones now.'
        : `You have ${left} left; you can make new ones at any time.`,
      'If this was not you, somebody has your password and your recovery codes: change your password ' +
        'and make new codes.',
    ],
  });

const recoveryCodesRegenerated = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'You have new recovery codes',
    blocks: [
      'The recovery codes for your second factor were replaced from here; the old ones are void:',
      facts(whence),
      'If this was not you, change your password, end your other sessions and make new codes.',
    ],
  });

const passwordChanged = (frame: MailFrame, whence: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Your password was changed',
    blocks: [
      'You have another password now. It was changed from here:',
      facts(whence),
      'If this was not you, have a link to choose another password sent to you at once, and end your ' +
        'other sessions.',
    ],
  });

const passwordReset = (frame: MailFrame, { at }: Whence): MailContent =>
  renderLetter({
    ...frame,
    subject: 'An administrator replaced your password',
    blocks: [
      'An administrator gave you another password, and you were signed out everywhere. They will tell ' +
        'you what it is; when you sign in with it you choose one of your own.',
      [['Time', timeText(at)]],
      'If you did not ask for this, tell the administrator.',
    ],
  });

const accessEnded = (
  frame: MailFrame,
  { apiKeys, secondFactor, at }: MailData<'accessEnded'>,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Earlier access to your account ended',
    blocks: [
      'Your password was reset or this address was proven to be yours. Everything that gave access to the ' +
        'account before that has ended, because somebody else may have set it up:',
      [
        ['API keys', apiKeys > 0 ? ownText(String(apiKeys)) : undefined],
        ['Second factor', secondFactor ? ownText('turned off') : undefined],
        ['Time', timeText(at)],
      ],
      'Programs that used an API key need another one. If you want a second factor, turn it on again.',
    ],
  });

const passwordResetLink = (
  frame: MailFrame,
  { link, expiresAt, ...whence }: MailData<'passwordResetLink'>,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'Choose another password',
    reason: 'somebody asked for another password of the account with this address',
    blocks: [
      'To choose another password, open this page:',
      link,
      `It is good once, until ${timeText(expiresAt)}. It was asked for from here:`,
      facts(whence),
      'If this was not you, ignore this mail: your password stays as it is. Do not pass the page on.',
    ],
  });

const tenantInvitation = (
  frame: MailFrame,
  invitation: MailData<'tenantInvitation'>,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'You are invited to join a team',
    reason: 'somebody entered this address to invite you',
    blocks: [
      'You are invited to join others:',
      [
        ['Team', mailName(invitation.tenant)],
        ['Invited by', mailName(invitation.inviter)],
        ['Your role', ownText(invitation.role.toLowerCase())],
        ['Good until', timeText(invitation.expiresAt)],
      ],
      'To accept, open this page, and sign in or choose a password there:',
      invitation.link,
      'The page is good for one person, once: do not pass it on. If you expect no invitation, ignore ' +
        'this mail and nothing happens.',
    ],
  });

/** Every mail that is sent. Whoever adds one adds it to the test of all templates. */
export const TEMPLATES = {
  newDevice,
  refreshTokenReused,
  totpEnabled,
  totpDisabled,
  totpReset,
  recoveryCodeUsed,
  recoveryCodesRegenerated,
  passwordChanged,
  passwordReset,
  passwordResetLink,
  accessEnded,
  apiKeyCreated,
  apiKeyRotated,
  apiKeyRevoked,
  emailCode,
  newEmailCode,
  emailChangeTried,
  emailChanged,
  tenantInvitation,
} as const satisfies {
  readonly [K in MailKind]: (frame: MailFrame, data: MailData<K>) => MailContent;
};

export const MAIL_KINDS = Object.keys(TEMPLATES) as readonly MailKind[];
