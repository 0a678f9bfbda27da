import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pg from 'pg';

/** A connection was given up: whether its statement was done is not known. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** Gives up connections on which nothing comes, so that the pool replaces them. */
export interface SilenceWatch {
  /** Watches a connection until it ends. @param socket what it runs over, below TLS */
  readonly add: (client: pg.Client, socket: Socket) => void;
  /**
   * Gives up a connection that does not answer, and those in the pool that have not answered since it was
   * asked: what cut off the one has probably cut off the others.
   */
  readonly lose: (client: pg.ClientBase) => void;
}

interface Watched {
  /** Statements that are not answered yet. */
  pending: number;
  /** When the first of them was sent, or the last answer came. */
  since: number;
  readonly cut: (reason: ConnectionLost) => void;
}

/** The part of a client that the driver's types leave out. */
interface Wire {
  readonly connection: EventEmitter & { readonly stream: Duplex };
}

const CHECK_MS = 500;

/**
 * TCP tells nothing of a host that has gone while a statement is under way: the kernel sends it again for
 * a quarter of an hour. So each answer is waited for `limitMs` and no longer.
 */
export function watchSilence(limitMs: number): SilenceWatch {
  const all = new Map<pg.ClientBase, Watched>();
  let timer: NodeJS.Timeout | undefined;

  const lose = (client: pg.ClientBase) => {
    const lost = all.get(client);
    if (!lost) return;
    const reason = new ConnectionLost('the database does not answer on this connection');
    for (const one of all.values()) {
      if (one === lost || (one.pending === 0 && one.since < lost.since)) one.cut(reason);
    }
  };
  const check = () => {
    const latest = performance.now() - limitMs;
    for (const [client, { pending, since }] of all) {
      if (pending > 0 && since < latest) lose(client);
    }
  };
  const forget = (client: pg.ClientBase) => {
    all.delete(client);
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    add: (client, socket) => {
      all.set(client, watch(client, socket));
      client.once('end', () => forget(client));
      timer ??= setInterval(check, CHECK_MS).unref();
    },
    lose,
  };
}

function watch(client: pg.Client, socket: Socket): Watched {
  const { connection } = client as unknown as Wire;
  const watched: Watched = {
    pending: 0,
    since: performance.now(),
    cut: (reason) => {
      // Said by the driver's own event, so that its statements fail for this reason.
      connection.emit('error', reason);
      reset(socket);
      connection.stream.destroy();
    },
  };
  client.query = ((...given: unknown[]) => {
    if (watched.pending++ === 0) watched.since = performance.now();
    // Looked up each time: whoever traces the driver wraps its prototype.
    return pg.Client.prototype.query.apply(client, given as never) as unknown;
  }) as typeof client.query;
  connection.on('readyForQuery', () => {
    watched.pending = Math.max(0, watched.pending - 1);
    watched.since = performance.now();
  });
  return watched;
}

/** A plain close would go on sending for minutes: a statement could arrive long after it was given up. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    // A Unix domain socket, which has nothing on its way.
  }
}
