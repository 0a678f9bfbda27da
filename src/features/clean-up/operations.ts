import { z } from 'zod';
import { operatorName } from '../../core/actor.ts';
import { operation } from '../../core/operation.ts';
import type { CleanUpRule } from './rules.ts';
import { cleanUp, countOver } from './run.ts';

type OnRemoved = (rule: CleanUpRule, rows: number) => void;

export const cleanUpDatabase = operation({
  name: 'cleanUpDatabase',
  description: 'Deletes the rows that are over, in batches of a transaction each.',
  input: z.object({
    onRemoved: z
      .custom<OnRemoved>((value) => typeof value === 'function')
      .optional()
      .describe('Called after each batch with its rule and how many rows went.'),
  }),
  scopes: { operator: true },
  fails: [],
  handle: (ctx, { onRemoved }) =>
    cleanUp(ctx, { by: operatorName(ctx.actor), ...(onRemoved && { onRemoved }) }),
});

export const rowsToCleanUp = operation({
  name: 'cleanUpDatabase.count',
  description: 'How many rows are over, by the rule; undefined where a rule keeps them for ever.',
  input: z.object({}),
  scopes: { operator: true },
  fails: [],
  handle: (ctx) => countOver(ctx),
});
