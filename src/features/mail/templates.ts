import { type MailContent, renderLetter, timeText } from './letter.ts';

/** What every mail knows: whom it greets and where the account is. */
export interface MailFrame {
  readonly name: string;
  readonly site: string;
}

/** From where something was done, as far as it is known. */
interface Whence {
  /** What the device says it is. */
  readonly device: string | undefined;
  readonly address: string | undefined;
  readonly at: Date;
}

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

function facts({ device, address, at }: Whence) {
  return [
    ['Device', device ?? 'unknown'],
    ['Address', address ?? 'unknown'],
    ['Time', timeText(at)],
  ] as const;
}

/** Every mail that is sent. Whoever adds one adds it to the test of all templates. */
export const TEMPLATES = { refreshTokenReused } as const;

export type MailKind = keyof typeof TEMPLATES;

/** What a template needs to be told. */
export type MailData<K extends MailKind> = Parameters<(typeof TEMPLATES)[K]>[1];
