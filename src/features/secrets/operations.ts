import { z } from 'zod';
import { operatorName } from '../../core/actor.ts';
import { operation } from '../../core/operation.ts';
import { oldApiKeys } from '../api-keys/old-keys.ts';
import { countOldSecrets, reencryptSecrets } from './reencrypt.ts';

export const reencryptStoredSecrets = operation({
  name: 'reencryptStoredSecrets',
  description: 'Encrypts every stored secret anew under the first key of SECRET_KEY.',
  input: z.object({}),
  scopes: { operator: true },
  fails: [],
  handle: async (ctx) => ({
    count: await reencryptSecrets(ctx, { by: operatorName(ctx.actor) }),
    left: await countOldSecrets(ctx),
    // With a single SECRET_KEY there is no other key that one could be kept under.
    apiKeys: ctx.keyedHashes.length === 1 ? undefined : oldApiKeys(ctx),
  }),
});
