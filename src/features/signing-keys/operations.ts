import { z } from 'zod';
import { operatorName } from '../../core/actor.ts';
import { operation } from '../../core/operation.ts';
import { rotateKeys } from './rotation.ts';

export const rotateSigningKeys = operation({
  name: 'rotateSigningKeys',
  description: 'Lets the next key sign tokens, and publishes one to follow it.',
  input: z.object({
    force: z
      .boolean()
      .default(false)
      .describe('Whether the next key may sign that no verifier can have seen yet.'),
  }),
  scopes: { operator: true },
  fails: [],
  handle: (ctx, { force }) => rotateKeys(ctx, { by: operatorName(ctx.actor), force }),
});
