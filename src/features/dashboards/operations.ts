import { z } from 'zod';
import { signedIn } from '../../core/actor.ts';
import { operation } from '../../core/operation.ts';
import { listDashboards } from './store.ts';

export const dashboards = operation({
  name: 'dashboards',
  description: 'The dashboards of the caller, the oldest first.',
  input: z.object({}),
  scopes: { authenticated: true, apiKey: 'unscoped' },
  fails: [],
  handle: (ctx) => listDashboards(ctx.db, signedIn(ctx.actor).user.id),
});
