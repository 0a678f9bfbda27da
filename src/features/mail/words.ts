import { isIP } from 'node:net';
import type { DeviceName } from '../../adapters/device-name.ts';
import { normalized } from '../../core/text.ts';

declare const cleaned: unique symbol;
/** Text that may stand in a mail to another person: written by the server, or cleaned. */
export type MailText = string & { readonly [cleaned]: true };

/** Nobody reads more of a name, and the cost of cleaning stays small. */
const MAX_INPUT = 1024;
const MAX_NAME = 64;

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]+/gu;
// Compatibility normalisation leaves these, which look like a dot, a slash and a colon.
const DOTS = /[\u3002\u06d4\u0701\u0702\ua4f8\ua60e]/gu;
const SLASHES = /[\u2044\u2215\u29f8\u2571\\]/gu;
const COLONS = /[\u2236\u02d0\u02f8\u0589\ua789\u05c3]/gu;

/** The dot of `J. R. R.` written as one word, or of `e.V.`: there are no domains of one letter. */
const DOT_OF_INITIALS = /(?<![\p{L}\p{M}\p{N}])\p{L}\.(?=\p{L}(?![\p{L}\p{M}\p{N}]))/gu;
const ADDRESS =
  /[/:@]|[.\u0660\u06f0](?=[^\s\p{L}\p{N}]{0,3}[A-Za-z])|\.[^\s\p{L}\p{N}]{0,3}[\p{L}\p{N}]/u;
const PHONE_NUMBER = /\p{Nd}(?:[ ()+_–—-]{0,3}\p{Nd}){6}/u;

/** What names are not written with. */
const FOREIGN = /[^\p{L}\p{M}\p{N}.,&()+_'’–—-]+/gu;
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;
const SOMETHING = /[\p{L}\p{N}]/u;

/**
 * A name that a person gave themselves or a thing of theirs, as it may stand in a mail to another person,
 * in its body, its subject and its header: one line of at most 64 visible characters. Undefined where
 * nothing is left, or where a mail program could take the name for an address to follow (a link, a
 * domain, an e-mail address, a telephone number), also where it is written with lookalikes.
 */
export function mailName(name: string | null | undefined): MailText | undefined {
  const visible = normalized((name ?? '').slice(0, MAX_INPUT)).replace(INVISIBLE, '');
  const plain = visible.replace(DOTS, '.').replace(SLASHES, '/').replace(COLONS, ':');
  if (ADDRESS.test(plain.replace(DOT_OF_INITIALS, '')) || PHONE_NUMBER.test(plain))
    return undefined;
  const words = plain.replace(FOREIGN, ' ').replace(STACKED_MARKS, '$1').trim();
  const text = [...words].slice(0, MAX_NAME).join('').trim();
  return SOMETHING.test(text) ? (text as MailText) : undefined;
}

/** Text that the server itself made. */
export function ownText(text: string): MailText {
  return text as MailText;
}

/** A device as a mail names it. */
export function deviceText(device: DeviceName | undefined): MailText {
  return ownText(device ?? 'unknown');
}

/** The network address that a request came from. */
export function addressText(address: string | undefined): MailText {
  return ownText(address !== undefined && isIP(address) !== 0 ? address : 'unknown');
}

/** A moment as everybody reads it alike. */
export function timeText(at: Date): MailText {
  return ownText(`${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`);
}
