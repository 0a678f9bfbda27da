import type { ChangeMessage, Changes } from '../core/changes.ts';
import { EventEmitter } from 'node:events';
import type { Log } from '../adapters/log.ts';
import { createReach } from '../adapters/reach.ts';
import type { Database } from '../db/database.ts';

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
  const listener = db.engine.listen?.({
    db,
    databaseUrl: directUrl,
    channel: CHANNEL,
    onMessage: (payload) => publish(parseChange(payload)),
    onGap: () => publish({ kind: 'gap' }),
    onError: others.failed,
    onLive: others.worked,
  });

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
