import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { whenceOf } from '../mail/frame.ts';
import { isHeldBy } from '../../authentication/holder.ts';
import { beganWithin } from '../../authentication/session-store.ts';
import { revokeSession, rotateSession, type SessionWithUser } from '../sessions/store.ts';
import { findSession } from '../../authentication/session-store.ts';

/**
 * Turns a refresh token into the session generation whose tokens it may have. One conditional update
 * decides between any number of callers. A token that was exchanged before gets the generation of that
 * exchange again within REFRESH_GRACE_SECONDS, and after that while no token of that generation was used:
 * its answer was lost. Once a token of that generation was used, the old token is a stolen one (RFC 9700
 * section 4.14.2). The clock of the database decides, for those of processes may differ.
 */
export async function takeGeneration(ctx: Context, refreshToken: string): Promise<SessionWithUser> {
  const token = await ctx.tokens.verify('refresh', refreshToken);
  if (typeof token === 'string') throw new AppError('REFRESH_TOKEN_INVALID');

  const rotated = await rotateSession(ctx.db, {
    id: token.sessionId,
    holder: token.holder,
    name: token.name,
    from: token.generation,
    // The token says so itself, unless its life was shortened since: what is over is over everywhere.
    lifeSeconds: ctx.config.refreshTokenSeconds,
  });
  if (rotated) {
    ctx.liveness.note(rotated);
    const known = await ctx.liveness.find(rotated.id);
    if (!known) throw new AppError('REFRESH_TOKEN_INVALID');
    return { ...rotated, user: known.user };
  }
  const now = ctx.clock.now();
  const session = await findSession(ctx.db, token.sessionId);
  const counts = session && !isOver(session, now) && isHeldBy(token, session.user);
  if (!counts || token.generation >= session.generation) {
    throw new AppError('REFRESH_TOKEN_INVALID');
  }
  if (token.generation === session.generation - 1 && (await mayBeLost(ctx, session)))
    return session;

  await endStolenSession(ctx, session, now);
  throw new AppError('REFRESH_TOKEN_REUSED');
}

/** Whether the answer with the current generation may have been lost on its way. */
async function mayBeLost({ db, config }: Context, session: SessionWithUser): Promise<boolean> {
  if (session.usedGeneration < session.generation) return true;
  return beganWithin(db, session.id, config.refreshGraceSeconds);
}

/** Whether nothing of a session counts any more. */
export function isOver(session: SessionWithUser, now: Date): boolean {
  return session.revokedAt !== null || session.expiresAt <= now || session.user.disabled;
}

/** Ends a session whose refresh token came back, writes it down and tells the user: all or nothing. */
async function endStolenSession(
  ctx: Context,
  { id, user }: SessionWithUser,
  now: Date,
): Promise<void> {
  await change(ctx, async ({ tx, audit, mail, ended }) => {
    const revoked = await revokeSession(tx, { id, now });
    if (!revoked) return;
    await mail({ kind: 'refreshTokenReused', to: user, data: whenceOf(ctx) });
    audit({
      action: 'session.refresh_reused',
      outcome: 'denied',
      target: { type: 'user', id: user.id },
      sessionId: id,
    });
    ended([revoked]);
  });
}
