import { z } from 'zod';
import { signedIn } from '../../access/actor.ts';
import { operation } from '../../operation.ts';
import { pageInput, toPage, toPageRequest } from '../../page.ts';
import { countUsers, listUsers } from './store.ts';

export const me = operation({
  name: 'me',
  description: 'The person who is signed in.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: (ctx) => signedIn(ctx.actor).user,
});

export const users = operation({
  name: 'users',
  description: 'Every account, by name.',
  input: pageInput,
  scopes: { permission: 'users:read' },
  fails: [],
  handle: async (ctx, input) => {
    const request = toPageRequest(input);
    return toPage(request, await listUsers(ctx.db, request));
  },
});

export const userCount = operation({
  name: 'users.totalCount',
  description: 'How many accounts there are.',
  input: z.object({}),
  scopes: { permission: 'users:read' },
  fails: [],
  handle: (ctx) => countUsers(ctx.db),
});
