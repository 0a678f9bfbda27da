import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import { toEpochSeconds } from './clock.ts';
import type { Random } from './random.ts';

/** What every authenticator app can do; anything else some of them ignore. */
const PERIOD_SECONDS = 30;
const DIGITS = 6;
/** RFC 6238 section 5.2: one step for the network and for clocks that are a little off. */
const DRIFT_STEPS = 1;
/** RFC 4226 section 4, R6: 128 bits at least, 160 recommended. */
const SECRET_BYTES = 20;
const CODE = /^\d{6}$/;

const base32 = new ScureBase32Plugin();

/** A new secret to share with an authenticator app: 160 bits in base32. */
export function newTotpSecret(random: Random): string {
  return base32.encode(random.bytes(SECRET_BYTES));
}

/** The `otpauth:` address that an authenticator app reads from a QR code. */
export function provisioningUri(of: {
  readonly issuer: string;
  readonly account: string;
  readonly secret: string;
}): string {
  // A colon stands between the two in the label, and belongs in neither.
  const label = of.account.replaceAll(':', ' ');
  const { issuer, secret } = of;
  return generateURI({ issuer, label, secret, digits: DIGITS, period: PERIOD_SECONDS });
}

/** Whether a text can be a code at all: six digits. */
export function isTotpCode(text: string): boolean {
  return CODE.test(text);
}

/**
 * The time step that a code belongs to: the current one, the one before or the one after (RFC 6238).
 * @param after the last step that was used; that one and those before it are over
 * @returns undefined where the code is of none of them
 */
export function findTimeStep(of: {
  readonly secret: string;
  readonly code: string;
  readonly at: Date;
  readonly after?: number;
}): number | undefined {
  const epoch = toEpochSeconds(of.at);
  const lastStep = Math.floor(epoch / PERIOD_SECONDS) + DRIFT_STEPS;
  const { after } = of;
  if (!isTotpCode(of.code) || (after !== undefined && after >= lastStep)) return undefined;
  const result = verifySync({
    secret: of.secret,
    token: of.code,
    epoch,
    period: PERIOD_SECONDS,
    digits: DIGITS,
    epochTolerance: DRIFT_STEPS * PERIOD_SECONDS,
    ...(after !== undefined && { afterTimeStep: after }),
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
