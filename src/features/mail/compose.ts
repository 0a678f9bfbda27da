import type { SecretBox } from '../../adapters/secret-box.ts';
import type { MailContext, MailData, MailEntry, MailKind, NewMail } from '../../core/mail.ts';
import type { MailContent } from './letter.ts';
import type { MailFrame } from './frame.ts';
import { TEMPLATES } from './templates.ts';
import { mailName } from './words.ts';

/** What is different about a mail that stands for several. */
export interface Gathered {
  /** @default a random one */
  readonly id?: string;
  /** When it is sent and tells how many it stands for. @default at once, for itself alone */
  readonly dueAt?: Date;
}

/** The subject only where it must not stand beside it in clear. */
export type MailBody = Pick<MailContent, 'text' | 'html'> & { readonly subject?: string };

const templates: {
  readonly [K in MailKind]: (frame: MailFrame, data: MailData<K>) => MailContent;
} = TEMPLATES;

/** Writes a mail; undefined where the person has no address. */
export function composeMail<K extends MailKind>(
  ctx: MailContext,
  { kind, to, data }: MailEntry<K>,
  { id = ctx.random.uuid(), dueAt }: Gathered = {},
): NewMail | undefined {
  if (to.email === null) return undefined;
  const name = mailName(to.name) ?? mailName(to.username) ?? '';
  const frame = { name, site: ctx.config.publicUrl, isGathered: dueAt !== undefined };
  const { subject, storedSubject, text, html } = templates[kind](frame, data);
  const body: MailBody = { ...(storedSubject !== undefined && { subject }), text, html };
  const createdAt = ctx.clock.now();
  return {
    id,
    messageId: `<${id}@${ctx.config.mailFrom.address.replace(/^.*@/, '')}>`,
    kind,
    toAddress: to.email,
    toName: name,
    subject: storedSubject ?? subject,
    body: ctx.secretBox.seal(JSON.stringify(body), mailPurpose(id)),
    createdAt,
    dueAt: dueAt ?? createdAt,
  };
}

/** The text and HTML of a stored mail, and its subject where that is a secret. */
export function openBody(
  secretBox: SecretBox,
  mail: { readonly id: string; readonly body: string },
): MailBody {
  return JSON.parse(secretBox.open(mail.body, mailPurpose(mail.id))) as MailBody;
}

export function mailPurpose(id: string): string {
  return `mail ${id}`;
}
