import { deviceName } from '../../adapters/device-name.ts';
import type { Clock } from '../../adapters/clock.ts';
import type { Whence } from '../../core/mail.ts';
import type { RequestInfo } from '../../core/request.ts';
import type { Fact } from './letter.ts';
import { addressText, deviceText, timeText } from './words.ts';

/** What every mail knows: whom it greets and where the account is. */
export interface MailFrame {
  readonly name: string;
  readonly site: string;
  /** Whether the mail stands for several. @default for one */
  readonly isGathered?: boolean;
}

/** From where the request in `ctx` comes: the device by its name, never in the words of the client. */
export function whenceOf({
  request,
  clock,
}: {
  readonly request: RequestInfo;
  readonly clock: Clock;
}): Whence {
  const { userAgent, ipAddress: address } = request;
  return { device: deviceName(userAgent), address, at: clock.now() };
}

export function facts({ device, address, at }: Whence): readonly Fact[] {
  return [
    ['Device', deviceText(device)],
    ['Address', addressText(address)],
    ['Time', timeText(at)],
  ];
}
