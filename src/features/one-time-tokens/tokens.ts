import { addSeconds } from '../../adapters/clock.ts';
import { sha256 } from '../../adapters/digest.ts';
import type { Context } from '../../core/context.ts';

interface PurposeSpec {
  /** How long a token lives. */
  readonly seconds: number;
  /** How many guesses may be made at what goes with it. */
  readonly tries: number;
}

/** What a token can be for. One that is made for one thing does nothing else. */
export const ONE_TIME_PURPOSES = {
  /** The password was right; the second factor is asked. */
  'sign-in': { seconds: 300, tries: 5 },
  /** Whoever holds it reads the mail of the account, and may choose another password. */
  'password-reset': { seconds: 1800, tries: 1 },
  /** Whoever holds it and reads the mail of the account's address may have it noted so. */
  'email-code': { seconds: 600, tries: 5 },
  /** Whoever holds it and reads the mail of another address may give the account that one. */
  'email-change': { seconds: 600, tries: 5 },
} as const satisfies Record<string, PurposeSpec>;

export type OneTimePurpose = keyof typeof ONE_TIME_PURPOSES;

/** A token as it is kept. */
export interface NewOneTimeToken {
  readonly id: string;
  readonly purpose: OneTimePurpose;
  readonly userId: string;
  readonly tokenHash: string;
  readonly sessionId: string | null;
  readonly email: string | null;
  readonly codeHash: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly triesLeft: number;
}

const TOKEN_BYTES = 32;

/**
 * Makes a token of 256 bits. `secret` goes to the user and is kept nowhere; `row` goes to
 * `insertOneTimeToken`.
 */
export function newOneTimeToken(
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  token: {
    readonly purpose: OneTimePurpose;
    readonly userId: string;
    readonly sessionId?: string;
  },
): { readonly secret: string; readonly row: NewOneTimeToken } {
  const { purpose, userId, sessionId = null } = token;
  const { seconds, tries } = ONE_TIME_PURPOSES[purpose];
  const createdAt = clock.now();
  const secret = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
  const row = {
    id: random.uuid(),
    purpose,
    userId,
    tokenHash: sha256(secret),
    sessionId,
    email: null,
    codeHash: null,
    createdAt,
    expiresAt: addSeconds(createdAt, seconds),
    triesLeft: tries,
  };
  return { secret, row };
}
