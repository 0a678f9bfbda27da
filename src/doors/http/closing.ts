import { Server as ConnectionServer } from 'node:net';
import type { Server, ServerResponse } from 'node:http';
import type { Config } from '../../config/config.ts';

const IDLE_POLL_MS = 50;
/**
 * How long a proxy may go on using the connections that it keeps open. It may send a request at the moment
 * at which the server would end the connection, and cannot repeat it.
 */
const IDLE_MS = 1000;

/** How the server stops. */
export interface Closing {
  /** From now on `/readyz` says no. Everything else is answered as before. */
  readonly leave: () => void;
  readonly isLeaving: () => boolean;
  /**
   * Takes no new connections, answers what comes over those that are open with `Connection: close`, and cuts
   * what takes longer than `DRAIN_SECONDS`.
   * @param endStreams ends WebSockets and event streams
   */
  readonly close: (endStreams: () => void) => Promise<void>;
  readonly isClosing: () => boolean;
  /** Takes note of an answer that is not written yet. */
  readonly begin: (res: ServerResponse) => void;
  readonly end: (res: ServerResponse) => void;
}

export function createClosing(
  { drainSeconds, shutdownDelaySeconds }: Config,
  server: Server,
): Closing {
  let isLeaving = false;
  let isClosing = false;
  const underWay = new Set<ServerResponse>();
  const closeAfter = (res: ServerResponse) => {
    if (!res.headersSent) res.setHeader('connection', 'close');
  };

  return {
    leave: () => {
      isLeaving = true;
    },
    isLeaving: () => isLeaving,
    isClosing: () => isClosing,
    begin: (res) => {
      underWay.add(res);
      if (isClosing) closeAfter(res);
    },
    end: (res) => underWay.delete(res),
    close: async (endStreams) => {
      isLeaving = true;
      isClosing = true;
      for (const res of underWay) closeAfter(res);
      if (!server.listening) return;
      const closed = stopListening(server);
      endStreams();
      const idleFrom = performance.now() + (shutdownDelaySeconds > 0 ? IDLE_MS : 0);
      // A connection that becomes idle after its last answer would hold the stop for seconds.
      const idle = setInterval(() => {
        if (performance.now() >= idleFrom) server.closeIdleConnections();
      }, IDLE_POLL_MS);
      const cut = setTimeout(() => server.closeAllConnections(), drainSeconds * 1000);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
}

/** Resolves once the last connection is over. */
async function stopListening(server: Server): Promise<void> {
  // Connections that are ready to be accepted are accepted first: they would be reset.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => {
    // That of an HTTP server ends idle connections at once.
    ConnectionServer.prototype.close.call(server, resolve);
  });
  // And the timer that looks for requests that stall.
  server.close(() => undefined);
}
