import { timeText } from './letter.ts';

/** What every mail knows: whom it greets and where the account is. */
export interface MailFrame {
  readonly name: string;
  readonly site: string;
}

/** From where something was done, as far as it is known. */
export interface Whence {
  /** What the device says it is. */
  readonly device: string | undefined;
  readonly address: string | undefined;
  readonly at: Date;
}

export function facts({ device, address, at }: Whence) {
  return [
    ['Device', device ?? 'unknown'],
    ['Address', address ?? 'unknown'],
    ['Time', timeText(at)],
  ] as const;
}

/** Every mail that is sent. Whoever adds one adds it to the test of all templates. */
