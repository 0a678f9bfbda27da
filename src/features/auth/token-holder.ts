import { actorOfAccessToken } from '../../authentication/authenticate.ts';
import { addSeconds } from '../../adapters/clock.ts';
import type { TokenType, VerifiedToken } from '../../adapters/tokens.ts';
import type { Context } from '../../core/context.ts';
import { isHeldBy } from '../../authentication/holder.ts';
import { findSession } from '../../authentication/session-store.ts';
import type { UserRow } from '../users/store.ts';
import { isOver } from './refresh.ts';

/** A token of this server by its signature and its times; whether its session is alive is not asked. */
export type ReadToken = VerifiedToken & { readonly type: TokenType };

/** A token that is active at this moment, and the user who holds it. */
export interface ActiveToken {
  readonly token: ReadToken;
  readonly user: UserRow;
}

export async function readToken(ctx: Context, token: string): Promise<ReadToken | undefined> {
  for (const type of ['access', 'refresh'] as const) {
    const verified = await ctx.tokens.verify(type, token);
    if (typeof verified !== 'string') return { ...verified, type };
  }
  return undefined;
}

/**
 * What every service is told of a token, whichever way it asks: undefined unless the token is let in at
 * this moment (a refresh token: exchanged), and its holder may do more than choose a password.
 */
export async function findActiveToken(
  ctx: Context,
  text: string,
): Promise<ActiveToken | undefined> {
  const token = await readToken(ctx, text);
  const user = token && (await findHolder(ctx, token, text));
  return !user || user.disabled || user.mustChangePassword ? undefined : { token, user };
}

async function findHolder(
  ctx: Context,
  token: ReadToken,
  text: string,
): Promise<UserRow | undefined> {
  const { type, sessionId, generation } = token;
  if (type === 'access') {
    const actor = await actorOfAccessToken(ctx, text);
    return actor.kind === 'user' ? actor.user : undefined;
  }
  // What is remembered of a session may be of an earlier generation.
  const session = await findSession(ctx.db, sessionId);
  if (session?.generation !== generation) return undefined;
  const now = ctx.clock.now();
  const isSpent = addSeconds(session.rotatedAt, ctx.config.refreshTokenSeconds) <= now;
  const isHeld = isHeldBy(token, session.user);
  return isSpent || isOver(session, now) || !isHeld ? undefined : session.user;
}
