import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Browsers and proxies send the next request after the answer: so many may wait all the same. */
const MOST_WAITING = 16;

/**
 * Works on the requests of one connection one after the other (RFC 9112 section 9.3.2), and lets other
 * connections in between. Node.js reads what a client sends without waiting for an answer, two megabytes at a
 * time, and begins all of it: a few connections would keep the process from everybody else, and a request that
 * waits for its answer is not told when its client goes. A connection on which more than `MOST_WAITING`
 * requests wait is closed.
 */
export function oneAtATime(listener: Listener): Listener {
  /** What waits on the connections that have a request under way. */
  const lines = new WeakMap<Socket, (() => void)[]>();

  const goOn = (socket: Socket) => {
    const next = socket.writable ? lines.get(socket)?.shift() : undefined;
    if (next) next();
    else lines.delete(socket);
  };
  const begin = (socket: Socket, req: IncomingMessage, res: ServerResponse) => {
    // An answer that is never finished is the last one of its connection.
    res.once('finish', () => setImmediate(goOn, socket));
    listener(req, res);
  };

  return (req, res) => {
    const { socket } = req;
    if (socket.destroyed) return;
    const line = lines.get(socket);
    if (!line) {
      lines.set(socket, []);
      begin(socket, req, res);
    } else if (line.length < MOST_WAITING) {
      line.push(() => begin(socket, req, res));
    } else {
      line.length = 0;
      socket.destroy();
    }
  };
}
