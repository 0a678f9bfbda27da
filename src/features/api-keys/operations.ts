import { z } from 'zod';
import { inSession, isCaller } from '../../core/actor.ts';
import { may } from '../../access/scopes.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { pageInput, toPage, toPageRequest } from '../../core/page.ts';
import { whenceOf } from '../mail/frame.ts';
import { lockCaller } from '../sessions/caller.ts';
import {
  apiKeyIdInput,
  endOfOverlap,
  expiresInDaysInput,
  forgottenBefore,
  keyNameInput,
  keyScopesInput,
  lifeOf,
  lifeOfDays,
  newApiKey,
  NEWEST_FIRST,
  overlapInput,
} from './rules.ts';
import {
  type ApiKeyRow,
  countLiveApiKeys,
  deleteOldApiKeys,
  findLiveApiKey,
  insertApiKey,
  listApiKeys,
  replaceApiKey,
  revokeApiKey as revoke,
} from './store.ts';

/** A key that was just made: the only time that its text is told. */
export interface NewKey {
  readonly apiKey: ApiKeyRow;
  readonly key: string;
}

export const createApiKey = operation({
  name: 'createApiKey',
  description:
    'Makes an API key of the caller, and answers its text, which is never shown again. It may what its owner may at the time of each request, but never makes keys, changes how anybody signs in, or ends sessions. The owner is told by mail.',
  input: z.object({
    name: keyNameInput,
    scopes: keyScopesInput,
    expiresInDays: expiresInDaysInput,
  }),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['API_KEY_LIMIT'],
  handle: async (ctx, { name, scopes, expiresInDays }): Promise<NewKey> => {
    const { id: userId } = inSession(ctx.actor).user;
    const named = scopes == null ? null : [...new Set(scopes)].join(' ');
    const lifeSeconds = lifeOfDays(expiresInDays);
    const { text, row } = newApiKey(ctx, { userId, name, scopes: named, lifeSeconds });
    await change(ctx, async ({ tx, audit, mail }) => {
      const owner = await lockCaller(ctx, tx);
      await requireRoom(ctx, tx, { userId, wanted: 1 });
      await deleteOldApiKeys(tx, userId, forgottenBefore(row.createdAt));
      await insertApiKey(tx, row);
      await mail({ kind: 'apiKeyCreated', to: owner, data: mailData(ctx, row) });
      const target = { type: 'apiKey', id: row.id };
      audit({ action: 'api_key.created', target, details: { userId } });
    });
    return { apiKey: row, key: text };
  },
});

export const rotateApiKey = operation({
  name: 'rotateApiKey',
  description:
    'Makes another API key in the place of one of the caller, with its name, its permissions and as long a life, and answers its text once. The old one goes on for `overlapSeconds`, so that programs can change over. A key is replaced once.',
  input: z.object({ id: apiKeyIdInput, overlapSeconds: overlapInput }),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['API_KEY_NOT_FOUND', 'API_KEY_REPLACED', 'API_KEY_LIMIT'],
  handle: async (ctx, { id, overlapSeconds }): Promise<NewKey> => {
    const { id: userId } = inSession(ctx.actor).user;
    const now = ctx.clock.now();
    return change(ctx, async ({ tx, audit, mail, publish }) => {
      const owner = await lockCaller(ctx, tx);
      const old = await findLiveApiKey(tx, { id, userId, now });
      if (!old) throw new AppError('API_KEY_NOT_FOUND');
      if (old.replacedById !== null) throw new AppError('API_KEY_REPLACED');
      const until = endOfOverlap(old, now, overlapSeconds);
      const { text, row } = newApiKey(ctx, { ...old, lifeSeconds: lifeOf(old) });

      await insertApiKey(tx, row);
      const replaced = await replaceApiKey(tx, { id, now, by: row.id, until });
      if (!replaced) throw new AppError('API_KEY_REPLACED');
      await requireRoom(ctx, tx, { userId, wanted: 0 });
      const data = { ...mailData(ctx, old), until };
      await mail({ kind: 'apiKeyRotated', to: owner, data });
      audit({
        action: 'api_key.rotated',
        target: { type: 'apiKey', id: row.id },
        details: { userId, formerKeyId: id },
      });
      publish({ kind: 'user', userId });
      return { apiKey: row, key: text };
    });
  },
});

export const revokeApiKey = operation({
  name: 'revokeApiKey',
  description:
    'Ends an API key: it is refused from the next request on. Own ones; a system administrator ends those of anyone, who is told by mail.',
  input: z.object({ id: apiKeyIdInput }),
  scopes: { authenticated: true },
  fails: ['API_KEY_NOT_FOUND'],
  handle: async (ctx, { id }) => {
    const { user } = inSession(ctx.actor);
    const own = may(ctx.actor, 'api-keys:manage') ? {} : { userId: user.id };
    await change(ctx, async ({ tx, audit, mail, publish }) => {
      const revoked = await revoke(tx, { id, ...own, now: ctx.clock.now() });
      if (!revoked) throw new AppError('API_KEY_NOT_FOUND');
      const owner = revoked.user;
      if (owner.id !== user.id) {
        const data = mailData(ctx, revoked);
        await mail({ kind: 'apiKeyRevoked', to: owner, data });
      }
      audit({
        action: 'api_key.revoked',
        target: { type: 'apiKey', id },
        details: { userId: owner.id },
      });
      publish({ kind: 'user', userId: owner.id });
    });
    return { apiKeyId: id };
  },
});

const ownerInput = z.object({
  userId: idInput.nullish().describe('Whose; the caller unless told.'),
});

export const apiKeys = operation({
  name: 'apiKeys',
  description:
    'The live API keys of the caller, the newest first, without their text; a system administrator may ask for those of anyone.',
  input: pageInput.safeExtend(ownerInput.shape),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx, { userId, ...page }) => {
    const request = toPageRequest(NEWEST_FIRST, page);
    const whose = { userId: ownerOf(ctx, userId), now: ctx.clock.now() };
    return toPage(NEWEST_FIRST, request, await listApiKeys(ctx.db, whose, request));
  },
});

export const allApiKeys = operation({
  name: 'apiKeys.all',
  description: 'The same for clients without pages: all of the caller.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: (ctx) => {
    const { id: userId } = inSession(ctx.actor).user;
    return listApiKeys(ctx.db, { userId, now: ctx.clock.now() });
  },
});

export const apiKey = operation({
  name: 'apiKey',
  description:
    'A live API key of the caller; a system administrator may ask for those of anyone. Null where there is none for them.',
  input: z.object({ id: apiKeyIdInput }),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx, { id }) => {
    const found = await findLiveApiKey(ctx.db.prisma, { id, now: ctx.clock.now() });
    return found && isOwnOrManaged(ctx, found.userId) ? found : null;
  },
});

function ownerOf(ctx: Context, userId: string | null | undefined): string {
  const owner = userId ?? inSession(ctx.actor).user.id;
  if (!isOwnOrManaged(ctx, owner)) throw new AppError('FORBIDDEN');
  return owner;
}

function isOwnOrManaged({ actor }: Context, userId: string): boolean {
  return isCaller(actor, userId) || may(actor, 'api-keys:manage');
}

/** Asked of an owner whom this transaction has taken: many at once get no further. */
async function requireRoom(
  ctx: Context,
  tx: Tx,
  { userId, wanted }: { readonly userId: string; readonly wanted: number },
): Promise<void> {
  const live = await countLiveApiKeys(tx, userId, ctx.clock.now());
  if (live + wanted > ctx.config.apiKeysPerUser) throw new AppError('API_KEY_LIMIT');
}

function mailData(ctx: Context, { name, hint }: ApiKeyRow) {
  return { key: name, hint, ...whenceOf(ctx) };
}
