import { addSeconds } from '../../adapters/clock.ts';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { transaction } from '../../db/transaction.ts';
import { auditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { whenceOf } from '../mail/frame.ts';
import { queueMail } from '../mail/queue.ts';
import { tellEnded } from '../sessions/operations.ts';
import {
  findSession,
  revokeSession,
  rotateSession,
  type SessionWithUser,
} from '../sessions/store.ts';

/**
 * Turns a refresh token into the session generation whose tokens it may have. One conditional update
 * decides between any number of callers; those who lose it within the grace window get the generation
 * that the winner began, those who come later are taken for thieves (RFC 9700 section 4.14.2).
 */
export async function takeGeneration(ctx: Context, refreshToken: string): Promise<SessionWithUser> {
  const token = await ctx.tokens.verify('refresh', refreshToken);
  if (typeof token === 'string') throw new AppError('REFRESH_TOKEN_INVALID');

  const now = ctx.clock.now();
  const rotated = await rotateSession(ctx.db, {
    id: token.sessionId,
    from: token.generation,
    // The token says so itself, unless its life was shortened since: what is over is over everywhere.
    begunAfter: addSeconds(now, -ctx.config.refreshTokenSeconds),
    now,
  });
  if (rotated) {
    ctx.liveness.note(rotated);
    const known = await ctx.liveness.find(rotated.id);
    if (!known) throw new AppError('REFRESH_TOKEN_INVALID');
    return { ...rotated, user: known.user };
  }
  const session = await findSession(ctx.db, token.sessionId);
  if (!session || isOver(session, now) || token.generation >= session.generation) {
    throw new AppError('REFRESH_TOKEN_INVALID');
  }
  const graceEnd = addSeconds(session.rotatedAt, ctx.config.refreshGraceSeconds);
  if (token.generation === session.generation - 1 && now <= graceEnd) return session;

  await endStolenSession(ctx, session, now);
  throw new AppError('REFRESH_TOKEN_REUSED');
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
  const event = auditEvent(ctx, {
    action: 'session.refresh_reused',
    outcome: 'denied',
    target: { type: 'user', id: user.id },
    sessionId: id,
  });
  const ended = await transaction(ctx.db, async (tx) => {
    const revoked = await revokeSession(tx, { id, now });
    if (!revoked) return [];
    await queueMail(ctx, tx, { kind: 'refreshTokenReused', to: user, data: whenceOf(ctx) });
    await insertAuditEvent(ctx.db, tx, event);
    return [revoked];
  });
  tellEnded(ctx, ended);
  ctx.mail.wake();
}
