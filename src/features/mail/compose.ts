import type { SecretBox } from '../../adapters/secret-box.ts';
import type { Context } from '../../context.ts';
import type { MailContent } from './letter.ts';
import type { MailFrame } from './frame.ts';
import { type MailData, type MailKind, TEMPLATES } from './templates.ts';
import { mailName } from './words.ts';

/** Whom a mail is for: a user, or one at another address. */
interface Recipient {
  readonly email: string | null;
  readonly name: string;
  readonly username: string | null;
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

/** Writes a mail, to be given to `insertMail`; undefined where the person has no address. */
export function composeMail<K extends MailKind>(
  ctx: MailContext,
  { kind, to, data }: MailEntry<K>,
): NewMail | undefined {
  if (to.email === null) return undefined;
  const id = ctx.random.uuid();
  const name = mailName(to.name) ?? mailName(to.username) ?? '';
  const content = templates[kind]({ name, site: ctx.config.publicUrl }, data);
  const { subject, storedSubject, text, html } = content;
  const body: MailBody = { ...(storedSubject !== undefined && { subject }), text, html };
  return {
    id,
    messageId: `<${id}@${ctx.config.mailFrom.address.replace(/^.*@/, '')}>`,
    kind,
    toAddress: to.email,
    toName: name,
    subject: storedSubject ?? subject,
    body: ctx.secretBox.seal(JSON.stringify(body), mailPurpose(id)),
    createdAt: ctx.clock.now(),
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
