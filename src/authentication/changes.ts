import { EventEmitter } from 'node:events';
import type { Log } from '../adapters/log.ts';
import { createReach } from '../adapters/reach.ts';
import type { Database } from '../db/database.ts';
import { type Listener, listen } from '../db/listener.ts';

/** Something that what is remembered of sessions and users must not outlive. */
export type ChangeMessage =
  | { readonly kind: 'session'; readonly sessionId: string; readonly userId: string }
  | { readonly kind: 'user'; readonly userId: string }
  /** Authentication was turned on or off, or the first user was made. */
  | { readonly kind: 'auth' }
  /** Changes may have been missed: nothing that is remembered counts. */
  | { readonly kind: 'gap' };

/**
 * Tells this process at once what any process changed. On PostgreSQL triggers notify with the commit, so
 * whoever changes a row is heard, a person at psql too; the process that changes it also says so itself.
 */
export interface Changes {
  readonly publish: (message: ChangeMessage) => void;
  /** Answers how to stop. */
  readonly subscribe: (listener: (message: ChangeMessage) => void) => () => void;
  /** Whether the changes of other processes arrive here at this moment. */
  readonly hearsOthers: () => boolean;
  readonly close: () => Promise<void>;
}

export interface ChangesOptions {
  readonly db: Database;
  /** Where a connection is kept for as long as it is used, which poolers do not all do. */
  readonly directUrl: string;
  readonly log: Log;
}

/** The channel that the triggers of the PostgreSQL history notify. */
const CHANNEL = 'vestibule_changes';

export function createChanges({ db, directUrl, log }: ChangesOptions): Changes {
  const emitter = new EventEmitter().setMaxListeners(0);
  const publish = (message: ChangeMessage) => void emitter.emit('change', message);
  const others = createReach(log, {
    gone: 'not hearing changes of other processes',
    back: 'hearing changes of other processes again',
  });
  const listener: Listener | undefined =
    db.provider === 'postgresql'
      ? listen({
          db,
          databaseUrl: directUrl,
          channel: CHANNEL,
          onMessage: (payload) => publish(parseChange(payload)),
          onGap: () => publish({ kind: 'gap' }),
          onError: others.failed,
          onLive: others.worked,
        })
      : undefined;

  return {
    publish,
    subscribe: (heard) => {
      emitter.on('change', heard);
      return () => emitter.off('change', heard);
    },
    hearsOthers: () => listener?.isLive() ?? false,
    close: async () => listener?.close(),
  };
}

function parseChange(payload: string): ChangeMessage {
  const [kind, userId, sessionId] = payload.split(':');
  if (kind === 'session' && userId && sessionId) return { kind, sessionId, userId };
  if (kind === 'user' && userId) return { kind, userId };
  return kind === 'auth' ? { kind } : { kind: 'gap' };
}
