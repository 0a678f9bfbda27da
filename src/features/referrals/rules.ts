import { addSeconds } from '../../adapters/clock.ts';
import { randomText } from '../../adapters/random.ts';
import type { Context } from '../../core/context.ts';

const DAY = 86_400;
export const USER_TOKEN_SECONDS = 15 * DAY;
/** Whoever asks gets the one they have again while it is good for longer than this. */
export const RENEW_SECONDS = 3 * DAY;

const LENGTH = 10;
/** Bitcoin's base-58: no 0, O, I or l, which people take for one another. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** What the keyed hash of a token is for. */
export const HASH_PURPOSE = 'user token';

/** A token as it is kept. */
export interface NewUserToken {
  readonly id: string;
  readonly userId: string;
  /** Sealed. */
  readonly token: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Makes a token of 58 random bits for a user, to be given to `insertUserToken`. */
export function newUserToken(
  { clock, random, secretBox }: Pick<Context, 'clock' | 'random' | 'secretBox'>,
  userId: string,
): NewUserToken {
  const id = random.uuid();
  const token = randomText(random, ALPHABET, LENGTH);
  const createdAt = clock.now();
  return {
    id,
    userId,
    token: secretBox.seal(token, userTokenPurpose(id)),
    tokenHash: secretBox.hash(token, HASH_PURPOSE),
    createdAt,
    expiresAt: addSeconds(createdAt, USER_TOKEN_SECONDS),
  };
}

export function userTokenPurpose(id: string): string {
  return `user token ${id}`;
}
