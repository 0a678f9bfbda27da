import { oneLine } from '../../text.ts';

/** What a mail says, as a mail program shows it. */
export interface MailContent {
  /** Shown in notifications. */
  readonly subject: string;
  /** What the mail is stored under, in clear, where its subject holds a secret. @default the subject */
  readonly storedSubject?: string;
  readonly text: string;
  readonly html: string;
}

/** A paragraph, or labelled facts that may come from anybody. */
type Block = string | readonly (readonly [label: string, value: string])[];

export interface Letter {
  readonly subject: string;
  /** Whom it greets, as they call themselves. */
  readonly name: string;
  readonly blocks: readonly Block[];
  /** Address of the installation. */
  readonly site: string;
  /** Why somebody gets it, before "at" the address. @default it concerns your account */
  readonly reason?: string;
}

const MAX_NAME = 64;
const MAX_FACT = 200;
const LINK_LIKE = /[/:@]|\.\p{L}/u;

/** Renders a letter as text and as HTML that say the same. */
export function renderLetter(letter: Letter): MailContent {
  const { subject, name, blocks, site, reason: because = 'it concerns your account' } = letter;
  const called = safeName(name);
  const greeting = called === undefined ? 'Hello,' : `Hello ${called},`;
  const reason = `You get this mail because ${because} at ${site}`;
  const parts = [greeting, ...blocks];
  const title = escapeHtml(subject);
  return {
    subject,
    text: [...parts.map(blockText), `-- \n${reason}`].join('\n\n') + '\n',
    html:
      '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">' +
      `<title>${title}</title></head>\n` +
      '<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">\n' +
      `${parts.map(blockHtml).join('\n')}\n` +
      `<hr>\n<p><small>${escapeHtml(reason)}</small></p>\n</body>\n</html>\n`,
  };
}

/**
 * A name that somebody gave themselves or a thing of theirs, on one line; undefined where there is none,
 * or where it could be taken for a link: who has mail sent to strangers must not choose what it links to.
 */
export function safeName(name: string): string | undefined {
  const text = oneLine(name, MAX_NAME);
  return text === '' || LINK_LIKE.test(text) ? undefined : text;
}

/** A moment as everybody reads it alike. */
export function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function blockText(block: Block): string {
  if (typeof block === 'string') return block;
  return block.map(([label, value]) => `  ${label}: ${oneLine(value, MAX_FACT)}`).join('\n');
}

function blockHtml(block: Block): string {
  if (typeof block === 'string') return `<p>${escapeHtml(block)}</p>`;
  const rows = block.map(
    ([label, value]) =>
      `<tr><th align="left">${escapeHtml(label)}</th>` +
      `<td>${escapeHtml(oneLine(value, MAX_FACT))}</td></tr>`,
  );
  return `<table cellpadding="4">${rows.join('')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
