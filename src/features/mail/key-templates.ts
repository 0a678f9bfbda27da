import type { NamedKey, Whence } from '../../core/mail.ts';
import { facts, type MailFrame } from './frame.ts';
import { type Fact, type MailContent, renderLetter } from './letter.ts';
import { mailName, ownText, timeText } from './words.ts';

const apiKeyFacts = ({ key, hint }: NamedKey): readonly Fact[] => [
  ['API key', mailName(key)],
  ['It begins and ends', ownText(hint)],
];

export const apiKeyCreated = (
  frame: MailFrame,
  { key, hint, ...whence }: Whence & NamedKey,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'You have a new API key',
    blocks: [
      'An API key of your account was made. Whoever holds it acts as you, within what it is for:',
      [...apiKeyFacts({ key, hint }), ...facts(whence)],
      'If this was not you, revoke the key, change your password, and end your other sessions.',
    ],
  });

export const apiKeyRotated = (
  frame: MailFrame,
  { key, hint, until, ...whence }: Whence & NamedKey & { readonly until: Date },
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'An API key of yours was replaced',
    blocks: [
      'Another API key took the place of this one:',
      [...apiKeyFacts({ key, hint }), ['Good until', timeText(until)], ...facts(whence)],
      'If this was not you, revoke both keys, change your password, and end your other sessions.',
    ],
  });

export const apiKeyRevoked = (
  frame: MailFrame,
  { key, hint, at }: Whence & NamedKey,
): MailContent =>
  renderLetter({
    ...frame,
    subject: 'An administrator revoked an API key of yours',
    blocks: [
      'This API key of your account is refused from now on:',
      [...apiKeyFacts({ key, hint }), ['Time', timeText(at)]],
      'What used it needs another one. If you do not know why, ask an administrator of the site.',
    ],
  });
