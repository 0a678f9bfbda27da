import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Actor } from '../../core/actor.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import type { Connection, Connections } from './connections.ts';
import { sendHead } from './fetch.ts';

/** What a client asks for stays in memory for as long as its stream is open. */
const MAX_REQUEST_BYTES = 64 * 1024;
const STREAM_TYPE = /^(?:text\/event-stream|multipart\/mixed)\b/;
/** When a client comes back to a stream that ended, in milliseconds: not all at the same time. */
const COME_BACK = { least: 500, perByte: 8 };
const EVENT_END = '\n\n';

/** Writes an answer that goes on until its client leaves. */
export interface StreamSender {
  /** @throws BODY_TOO_LARGE, OVERLOADED, TOO_MANY_CONNECTIONS */
  readonly send: (res: ServerResponse, response: Response, asked: AskedStream) => Promise<void>;
  /** Ends every stream, now and later, so that its client comes back. */
  readonly close: () => void;
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
export function createStreamSender(
  { config, random }: Services,
  connections: Connections,
): StreamSender {
  const ending = createEnding();
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
      // nginx would keep events until it has a few kilobytes of them.
      res.setHeader('x-accel-buffering', 'no');
      sendHead(res, response);
      const isSse = response.headers.get('content-type')?.startsWith('text/event-stream');
      const comeBack = COME_BACK.least + COME_BACK.perByte * (random.bytes(1)[0] ?? 0);
      const parts = ending.until(body, isSse ? `retry: ${comeBack}${EVENT_END}` : '');
      try {
        await pipeline(whileRead(parts, res, connection, config.requestSeconds), res);
      } catch (error) {
        // The client went away in the middle: nobody is left to tell.
        if (!res.destroyed) throw error;
      }
    },
    close: ending.end,
  };
}

/**
 * How streams end before their source does: between two events, and without the `complete` after which a
 * client of GraphQL over SSE would not come back.
 */
function createEnding() {
  const waiting = new Set<() => void>();
  let isOver = false;

  /** The next part; undefined where the stream ends meanwhile. A read that waits goes on after a cancel. */
  const read = (reader: ReadableStreamDefaultReader<Uint8Array>, isBetween: boolean) =>
    new Promise<Uint8Array | undefined>((resolve, reject) => {
      const wake = () => resolve(undefined);
      if (isBetween) waiting.add(wake);
      reader
        .read()
        .then(({ value }) => resolve(value), reject)
        .finally(() => waiting.delete(wake));
    });

  async function* until(body: ReadableStream<Uint8Array>, lastWord: string) {
    const reader = body.getReader();
    let isBetween = true;
    try {
      while (!isOver || !isBetween) {
        const part = await read(reader, isBetween);
        if (!part) break;
        isBetween = Buffer.from(part.subarray(-2)).toString() === EVENT_END;
        yield part;
      }
      if (isOver) yield Buffer.from(lastWord);
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }

  const end = () => {
    isOver = true;
    for (const wake of waiting) wake();
  };
  return { until, end };
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
