import { z } from 'zod';
import { inSession, isCaller, signedIn } from '../../core/actor.ts';
import { may } from '../../access/scopes.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import {
  listSessions,
  revokeOtherSessions as revokeOthers,
  revokeSession as revoke,
} from './store.ts';
import { watchEndedSessions } from './ended-sessions.ts';

export const sessions = operation({
  name: 'sessions',
  description:
    'The live sessions of the caller, the last one used first; a system administrator may ask for those of anyone.',
  input: z.object({
    userId: idInput.nullish().describe('Whose; the caller unless told.'),
  }),
  scopes: { authenticated: true },
  fails: [],
  handle: (ctx, { userId }) => {
    const owner = userId ?? signedIn(ctx.actor).user.id;
    if (!isOwnOrManaged(ctx, owner)) throw new AppError('FORBIDDEN');
    return listSessions(ctx.db, owner, ctx.clock.now(), ctx.config);
  },
});

export const ownSessions = operation({
  name: 'sessions.own',
  description: 'The live sessions of the caller, for clients that want to know which one asks.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx) => {
    const { user, session } = inSession(ctx.actor);
    const live = await listSessions(ctx.db, user.id, ctx.clock.now(), ctx.config);
    return live.map((one) => ({ ...one, current: one.id === session.id }));
  },
});

export const revokeSession = operation({
  name: 'revokeSession',
  description:
    'Ends one session: its tokens are refused from the next request on. Own ones; a system administrator ends those of anyone.',
  input: z.object({ id: idInput.describe('The session to end.') }),
  scopes: { authenticated: true },
  fails: ['SESSION_NOT_FOUND'],
  handle: async (ctx, { id }) => {
    const own = may(ctx.actor, 'sessions:manage') ? {} : { userId: signedIn(ctx.actor).user.id };
    return change(ctx, async ({ tx, audit, ended }) => {
      const revoked = await revoke(tx, { id, ...own, now: ctx.clock.now() });
      if (!revoked) throw new AppError('SESSION_NOT_FOUND');
      audit({
        action: 'session.revoked',
        target: { type: 'user', id: revoked.userId },
        sessionId: revoked.id,
      });
      ended([revoked]);
      return { sessionId: revoked.id };
    });
  },
});

export const revokeOtherSessions = operation({
  name: 'revokeOtherSessions',
  description: 'Ends every session of the caller but the one that asks.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx) => {
    const { user, session } = inSession(ctx.actor);
    const others = { userId: user.id, keepId: session.id, now: ctx.clock.now() };
    return change(ctx, async ({ tx, audit, ended }) => {
      const revoked = await revokeOthers(tx, others);
      audit({
        action: 'session.others_revoked',
        target: { type: 'user', id: user.id },
        details: { count: revoked.length },
      });
      ended(revoked);
      return { revokedSessions: revoked.length };
    });
  },
});

export const sessionRevoked = operation({
  name: 'sessionRevoked',
  description:
    "The caller's sessions as they end. Completes when the caller's own session or token ends.",
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: (ctx) => watchEndedSessions(ctx, inSession(ctx.actor)),
});

function isOwnOrManaged({ actor }: Context, userId: string): boolean {
  return isCaller(actor, userId) || may(actor, 'sessions:manage');
}
