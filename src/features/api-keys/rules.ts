import { z } from 'zod';
import { KEY_PERMISSIONS } from '../../access/policy.ts';
import { addSeconds } from '../../adapters/clock.ts';
import type { Context } from '../../core/context.ts';
import { idInput } from '../../core/inputs.ts';
import { type ListOrder, textKey, timeKey } from '../../core/page.ts';
import { isVisible, UNSEEN } from '../../core/text.ts';
import type { ApiKeyRow } from './store.ts';
import { hashKey, hintOf, newKeyText } from '../../authentication/key-text.ts';

const DAY_SECONDS = 86_400;
const MAX_DAYS = 3650;
const MAX_OVERLAP_SECONDS = 7 * DAY_SECONDS;
/** How long a key that is over is kept, for whoever looks into what it did. */
const KEEP_SECONDS = 90 * DAY_SECONDS;

export const apiKeyIdInput = idInput.describe('The API key.');

export const keyNameInput = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must have at most 100 characters')
  .refine(isVisible, UNSEEN)
  .describe('What it is for: 1 to 100 characters.');

export const keyScopesInput = z
  .array(
    z.string().refine((text) => (KEY_PERMISSIONS as readonly string[]).includes(text), {
      error: 'must be a permission that a key can have',
    }),
  )
  .min(1, 'must not be empty: leave it out for all that a key may')
  .max(KEY_PERMISSIONS.length)
  .nullish()
  .describe(
    'The permissions that it is for, as docs/permissions.md names them; it may what its owner may and these allow. All that a key may unless told.',
  );

export const expiresInDaysInput = z
  .int()
  .min(1)
  .max(MAX_DAYS)
  .nullish()
  .describe(`In how many days it runs out, 1 to ${MAX_DAYS}; never unless told.`);

export const overlapInput = z
  .int()
  .min(0)
  .max(MAX_OVERLAP_SECONDS)
  .default(DAY_SECONDS)
  .describe(
    `How long the old one goes on, in seconds: a day unless told, at most ${MAX_OVERLAP_SECONDS} (a week).`,
  );

export const NEWEST_FIRST: ListOrder<ApiKeyRow, readonly [number, string]> = {
  name: 'api keys',
  key: z.tuple([timeKey, textKey]),
  keyOf: ({ createdAt, id }) => [createdAt.getTime(), id],
};

/** What is said of a key that is to be. */
interface Wanted {
  readonly userId: string;
  readonly name: string;
  readonly scopes: string | null;
  readonly lifeSeconds: number | undefined;
}

/** Makes a key; `text` is answered once and kept nowhere. */
export function newApiKey(
  { clock, config, keyedHashes, random }: Context,
  { userId, name, scopes, lifeSeconds }: Wanted,
): { readonly text: string; readonly row: ApiKeyRow } {
  const createdAt = clock.now();
  const text = newKeyText(random, config.apiKeyPrefix);
  const row = {
    id: random.uuid(),
    userId,
    name,
    keyHash: hashKey(keyedHashes[0], text),
    hint: hintOf(text, config.apiKeyPrefix),
    scopes,
    createdAt,
    expiresAt: lifeSeconds === undefined ? null : addSeconds(createdAt, lifeSeconds),
    lastUsedAt: null,
    revokedAt: null,
    replacedById: null,
  };
  return { text, row };
}

/** How long a key lives that is to last so many days. */
export function lifeOfDays(days: number | null | undefined): number | undefined {
  return days == null ? undefined : days * DAY_SECONDS;
}

/** How long a key was made to live. */
export function lifeOf({ createdAt, expiresAt }: ApiKeyRow): number | undefined {
  return expiresAt === null ? undefined : (expiresAt.getTime() - createdAt.getTime()) / 1000;
}

/** When a key that is replaced now ends: after the overlap, or earlier by itself. */
export function endOfOverlap({ expiresAt }: ApiKeyRow, now: Date, overlapSeconds: number): Date {
  const end = addSeconds(now, overlapSeconds);
  return expiresAt !== null && expiresAt < end ? expiresAt : end;
}

/** Since when a key has to be over to be forgotten. */
export function forgottenBefore(now: Date): Date {
  return addSeconds(now, -KEEP_SECONDS);
}
