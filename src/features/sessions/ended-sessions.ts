import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import { watchSession } from '../../authentication/session-watch.ts';
import type { UserActor } from '../../core/actor.ts';
import type { Services } from '../../core/services.ts';
import { openStream } from '../../core/stream.ts';

/** A session that has ended. */
export interface EndedSession {
  readonly sessionId: string;
  /** Whether it is the one that watches: nothing comes after it. */
  readonly current: boolean;
}

/** The sessions that a stream remembers to have told: each is told by more than one process. */
const MAX_TOLD = 1000;

/** The sessions of a caller as they end, until the caller's own does or the token runs out. */
export function watchEndedSessions(
  services: Services,
  actor: UserActor,
): AsyncIterableIterator<EndedSession, undefined, undefined> {
  return openStream(({ push, end }) => {
    const watch = watchSession(services, actor);
    const told = createCache<true>({
      entries: MAX_TOLD,
      bytes: MAX_TOLD * 1024,
      bytesOf: (_value, key) => bytesOfTexts(key),
    });
    const unsubscribe = services.changes.subscribe((change) => {
      if (change.kind !== 'session' || change.userId !== actor.user.id) return;
      const { sessionId } = change;
      if (told.get(sessionId)) return;
      told.set(sessionId, true);
      const current = sessionId === actor.session.id;
      push({ sessionId, current });
      if (current) end();
    });
    watch.over.addEventListener('abort', end);
    return () => {
      unsubscribe();
      watch.stop();
    };
  });
}
