import type { SecretBox } from '../../adapters/secret-box.ts';
import type { Context } from '../../core/context.ts';
import type { MailContent } from './letter.ts';
import type { MailFrame } from './frame.ts';
import { type MailData, type MailKind, TEMPLATES } from './templates.ts';
import { mailName } from './words.ts';

/** Whom a mail is for: a user, or one at another address. */
interface Recipient {
  readonly email: string | null;
  readonly name: string;
  readonly username: string | null;
  /** Absent where nobody has proven the address: then notices do not go there. */
  readonly emailVerifiedAt: Date | null;
}

export interface MailEntry<K extends MailKind> {
  readonly kind: K;
  readonly to: Recipient;
  readonly data: MailData<K>;
}

/** A mail as it is stored until it is sent. */
export interface NewMail {
  readonly id: string;
  readonly messageId: string;
  readonly kind: MailKind;
  readonly toAddress: string;
  readonly toName: string;
  readonly subject: string;
  /** Sealed; `openBody` reads it. */
  readonly body: string;
  readonly createdAt: Date;
  /** When it is to be sent. */
  readonly dueAt: Date;
}

/** What is different about a mail that stands for several. */
export interface Gathered {
  /** @default a random one */
  readonly id?: string;
  /** When it is sent and tells how many it stands for. @default at once, for itself alone */
  readonly dueAt?: Date;
}

export type MailContext = Pick<Context, 'clock' | 'random'> & {
  readonly config: Pick<Context['config'], 'publicUrl' | 'mailFrom'>;
  readonly secretBox: SecretBox;
};

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
