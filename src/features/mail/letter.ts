import { mailName, type MailText } from './words.ts';

/** What a mail says, as a mail program shows it. */
export interface MailContent {
  /** Shown in notifications. */
  readonly subject: string;
  /** What the mail is stored under, in clear, where its subject holds a secret. @default the subject */
  readonly storedSubject?: string;
  readonly text: string;
  readonly html: string;
}

/** A fact and its label; left out where there is nothing to say. */
export type Fact = readonly [label: string, value: MailText | undefined];

/** A paragraph of the template itself, or labelled facts. */
type Block = string | readonly Fact[];

export interface Letter {
  readonly subject: string;
  /** Whom it greets, as they call themselves. */
  readonly name: string;
  readonly blocks: readonly Block[];
  /** Address of the installation. */
  readonly site: string;
  /** Why somebody gets it, before "at" the address. @default it concerns your account */
  readonly reason?: string;
  /** Whether the mail stands for several; `withCount` says for how many. @default for one */
  readonly isGathered?: boolean;
}

/** Stands for a number that is known when the mail is sent. No name in a mail has such a character. */
const COUNT = '\ue000';
const GATHERED =
  `This mail stands for ${COUNT} of its kind, because it is not the first within a short time. It describes ` +
  'the first of them.';

/** Renders a letter as text and as HTML that say the same. */
export function renderLetter(letter: Letter): MailContent {
  const { subject, name, blocks, site, reason: because = 'it concerns your account' } = letter;
  const called = mailName(name);
  const greeting = called === undefined ? 'Hello,' : `Hello ${called},`;
  const reason = `You get this mail because ${because} at ${site}`;
  const parts = [greeting, ...blocks, ...(letter.isGathered ? [GATHERED] : [])];
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

/** A letter that says for how many it stands. */
export function withCount<T extends Pick<MailContent, 'text' | 'html'>>(
  letter: T,
  count: number,
): T {
  const fill = (text: string) => text.replaceAll(COUNT, String(count));
  return { ...letter, text: fill(letter.text), html: fill(letter.html) };
}

/** Whether a letter says for how many it stands. */
export function hasCount({ text }: Pick<MailContent, 'text'>): boolean {
  return text.includes(COUNT);
}

function blockText(block: Block): string {
  if (typeof block === 'string') return block;
  return block.flatMap(([label, value]) => (value ? [`  ${label}: ${value}`] : [])).join('\n');
}

function blockHtml(block: Block): string {
  if (typeof block === 'string') return `<p>${escapeHtml(block)}</p>`;
  const rows = block.flatMap(([label, value]) =>
    value
      ? [`<tr><th align="left">${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`]
      : [],
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
