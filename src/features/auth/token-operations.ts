import { z } from 'zod';
import { identifyToken } from '../../access/authenticate.ts';
import { operation } from '../../operation.ts';

export const verifyToken = operation({
  name: 'verifyToken',
  description:
    'Whether an access token is good at this moment, and for whom. One that is not says nothing else.',
  input: z.object({ token: z.string().max(8192).describe('The access token.') }),
  scopes: { public: true },
  fails: [],
  handle: async (ctx, { token }) => {
    const actor = await identifyToken(ctx, token);
    if (actor.kind !== 'user') return { valid: false, username: null };
    return { valid: true, username: actor.user.username ?? actor.user.email };
  },
});
