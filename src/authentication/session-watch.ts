import type { UserActor } from '../core/actor.ts';
import type { ChangeMessage } from '../core/changes.ts';
import type { Services } from '../core/services.ts';
import { isHeldBy } from './holder.ts';

const LONGEST_TIMER_MS = 2_147_483_647;

/** A watch over the session behind a connection that stays open. */
export interface SessionWatch {
  /** Aborts when the session or the token ends, or when its user is disabled, deleted or, for a named token, renamed. */
  readonly over: AbortSignal;
  readonly stop: () => void;
}

/** Watches a caller's session for as long as a socket or a stream is open. */
export function watchSession(
  { changes, clock, liveness, log }: Services,
  { session, user, expiresAt, tokenName: name }: UserActor,
): SessionWatch {
  const over = new AbortController();

  const look = async () => {
    const found = await liveness.find(session.id);
    const counts = found && !found.user.disabled && isHeldBy({ holder: user.id, name }, found.user);
    if (!counts) over.abort();
  };
  const unsubscribe = changes.subscribe((change) => {
    if (!concerns(change, session.id, user.id)) return;
    look().catch((error: unknown) => {
      log.warn({ err: error }, 'a watched session could not be read');
      over.abort();
    });
  });
  const left = expiresAt.getTime() - clock.now().getTime();
  const timer = setTimeout(() => over.abort(), Math.min(Math.max(left, 0), LONGEST_TIMER_MS));

  const stop = () => {
    unsubscribe();
    clearTimeout(timer);
  };
  over.signal.addEventListener('abort', stop, { once: true });
  return { over: over.signal, stop };
}

function concerns(change: ChangeMessage, sessionId: string, userId: string): boolean {
  switch (change.kind) {
    case 'session':
      return change.sessionId === sessionId;
    case 'user':
      return change.userId === userId;
    case 'gap':
      return true;
    case 'auth':
      return false;
  }
}
