import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A mail as a mail server got it. */
interface ReceivedMail {
  /** Whom the server was told to bring it to, whatever the mail itself says. */
  readonly recipients: readonly string[];
  readonly source: string;
  readonly email: Email;
}

export interface SmtpOptions {
  /** @default a free one */
  readonly port?: number;
  /** Recipients it does not take. */
  readonly refuses?: readonly string[];
  /** Awaited before a mail is taken. */
  readonly beforeTaking?: () => Promise<void>;
}

export type TestSmtp = Awaited<ReturnType<typeof startSmtp>>;

/** A real mail server on this machine that keeps what it gets. */
export async function startSmtp(options: SmtpOptions = {}) {
  const { port = 0, refuses = [], beforeTaking = () => Promise.resolve() } = options;
  const mails: ReceivedMail[] = [];
  let open = 0;
  let mostOpen = 0;

  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (_session, callback) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      callback();
    },
    onClose: () => {
      open -= 1;
    },
    onRcptTo: ({ address }, _session, callback) => {
      callback(refuses.includes(address) ? new Error('no such mailbox') : null);
    },
    onData: (stream, { envelope }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString();
        const recipients = envelope.rcptTo.map(({ address }) => address);
        const keep = async () => {
          await beforeTaking();
          mails.push({ recipients, source, email: await PostalMime.parse(source) });
        };
        keep().then(() => callback(), callback);
      });
    },
  });
  // A client that goes away is what some tests are about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${address.port}`,
    port: address.port,
    mails,
    mostOpen: () => mostOpen,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
