import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Log } from './log.ts';
import { makePrivateFolder, takeFile, takeFolder } from './private-files.ts';

interface Mailbox {
  readonly name: string;
  readonly address: string;
}

export interface MailMessage {
  /** The same however often it is sent. */
  readonly messageId: string;
  readonly to: Mailbox;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly date: Date;
}

export interface Mailer {
  /**
   * Resolves once somebody else answers for the mail. Throws MailServerError where no mail gets out, and
   * when `cut` aborts what is under way.
   */
  readonly send: (message: MailMessage, cut?: AbortSignal) => Promise<void>;
}

/** It is not this mail's fault: the next one would fare no better. */
export class MailServerError extends Error {
  override readonly name = 'MailServerError';
}

export interface MailerOptions {
  readonly smtpUrl: string | undefined;
  /** Where mail goes as files while there is no `smtpUrl`. */
  readonly folder: string | undefined;
  readonly from: Mailbox;
  readonly log: Log;
}

/** Neither a list nor a name with an address nor a quoted part: every program reads these alike. */
const ONE_ADDRESS = /^[^@\s\p{C}<>()[\]\\,;:"]+@[^@\s\p{C}<>()[\]\\,;:"]+$/u;
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 30_000;
/** No attempt lasts longer. */
const SEND_TIMEOUT_MS = 60_000;

/** Sends by SMTP, or writes files; undefined where mail has nowhere to go. */
export function createMailer({ smtpUrl, folder, from, log }: MailerOptions): Mailer | undefined {
  if (smtpUrl !== undefined) return createSmtpMailer(smtpUrl, from);
  return folder === undefined ? undefined : createFolderMailer(folder, from, log);
}

// A connection for every mail: a pool puts a mail back in its line when a connection breaks, and so may
// send it twice.
function createSmtpMailer(url: string, from: Mailbox): Mailer {
  const transport = createTransport({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    requireTLS: sendsPassword(url),
    // What the query of the address says wins over all of these.
    url,
  });
  return {
    send: async (message, cut) => {
      const options = toOptions(message, from);
      const timeout = AbortSignal.timeout(SEND_TIMEOUT_MS);
      const signal = cut ? AbortSignal.any([cut, timeout]) : timeout;
      try {
        await transport.sendMail({ ...options, signal });
      } catch (error) {
        throw isRefusal(error) ? error : new MailServerError(messageOf(error), { cause: error });
      }
    },
  };
}

/** Writes each mail as a file that any mail program opens, under a name that sorts by time. */
function createFolderMailer(folder: string, from: Mailbox, log: Log): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true });
  return {
    send: async (message) => {
      const { message: source } = await transport.sendMail(toOptions(message, from));
      const time = message.date.toISOString().replace(/[-:]|\.\d+/g, '');
      const file = join(folder, `${time}-${message.messageId.replace(/[^\w-]+/g, '')}.eml`);
      makePrivateFolder(folder);
      takeFolder(folder);
      await writeFile(file, source as Buffer, { mode: 0o600 });
      takeFile(file);
      log.info({ file }, 'mail written to a file: SMTP_URL is not set');
    },
  };
}

function toOptions(message: MailMessage, from: Mailbox): SendMailOptions {
  const { messageId, to, subject, text, html, date } = message;
  if (!ONE_ADDRESS.test(to.address)) throw new Error('the recipient is not one plain address');
  return {
    messageId,
    date,
    subject,
    text,
    html,
    from: { ...from },
    to: { ...to },
    // RFC 3834: nobody's absence note is wanted.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** A password goes over a network only encrypted. */
function sendsPassword(url: string): boolean {
  const { username, hostname } = new URL(url);
  return username !== '' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** Whether the server took us on but not this recipient or this content. */
function isRefusal(error: unknown): boolean {
  const { code, command } = error as { readonly code?: unknown; readonly command?: unknown };
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
