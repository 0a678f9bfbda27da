import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Actor } from '../access/actor.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Connection, Connections } from './connections.ts';
import { sendHead } from './fetch.ts';

/** What a client asks for stays in memory for as long as its stream is open. */
const MAX_REQUEST_BYTES = 64 * 1024;
const STREAM_TYPE = /^(?:text\/event-stream|multipart\/mixed)\b/;

/** Writes an answer that goes on until its client leaves. */
export interface StreamSender {
  /** @throws BODY_TOO_LARGE, OVERLOADED, TOO_MANY_CONNECTIONS */
  readonly send: (res: ServerResponse, response: Response, asked: AskedStream) => Promise<void>;
}

interface AskedStream {
  readonly actor: Actor;
  readonly ipAddress: string;
  readonly requestBytes: number;
}

/** Whether an answer goes on: subscriptions over Server-Sent Events or multipart. */
export function isStream({ headers }: Response): boolean {
  return STREAM_TYPE.test(headers.get('content-type') ?? '');
}

/** Counts streams with the WebSockets, and ends those whose clients do not read. */
export function createStreamSender({ config }: Services, connections: Connections): StreamSender {
  const open = ({ actor, ipAddress, requestBytes }: AskedStream): Connection => {
    if (requestBytes > MAX_REQUEST_BYTES) throw new AppError('BODY_TOO_LARGE');
    const connection = connections.open('event_stream', ipAddress);
    try {
      if (actor.kind === 'user' || actor.kind === 'apiKey') connection.countFor(actor.user.id);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  };

  return {
    send: async (res, response, asked) => {
      const body = response.body as ReadableStream<Uint8Array>;
      let connection: Connection;
      try {
        connection = open(asked);
      } catch (error) {
        await discard(body);
        throw error;
      }
      if (res.closed) connection.close();
      else res.once('close', connection.close);
      // The pings of a stream are further apart than some servers let a connection rest.
      res.socket?.setTimeout(0);
      sendHead(res, response);
      try {
        await pipeline(whileRead(body, res, connection, config.requestSeconds), res);
      } catch (error) {
        // The client went away in the middle: nobody is left to tell.
        if (!res.destroyed) throw error;
      }
    },
  };
}

/** Ends a stream that is not sent: Yoga's can be cancelled only once it has begun. */
async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of body) return;
}

/** The parts of a stream; its connection is cut where the client has not taken the last one in time. */
async function* whileRead(
  body: AsyncIterable<Uint8Array>,
  res: ServerResponse,
  connection: Connection,
  seconds: number,
): AsyncGenerator<Uint8Array, void, void> {
  const cut = () => {
    connection.reached('unread');
    res.destroy();
  };
  for await (const part of body) {
    const timer = setTimeout(cut, seconds * 1000);
    try {
      // Goes on once the part is out, or fits into what may wait.
      yield part;
    } finally {
      clearTimeout(timer);
    }
  }
}
