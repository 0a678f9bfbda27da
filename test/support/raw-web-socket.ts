import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';

/** A WebSocket by hand: it can stop reading, and break every rule. */
export interface RawWebSocket {
  /** The status of the answer to the upgrade, with its body. */
  readonly answer: Promise<{ readonly status: number; readonly text: string }>;
  /** Everything after the head, as it came. */
  readonly received: () => Buffer;
  readonly send: (text: string) => void;
  /** A frame with an opcode of one's own (RFC 6455 section 5.2). */
  readonly frame: (opcode: number, payload: Buffer, isFinal?: boolean) => void;
  readonly write: (bytes: string | Buffer) => void;
  readonly stopReading: () => void;
  readonly goOn: () => void;
  /** `code reason` of the close frame, or nothing where the connection just ended. */
  readonly closed: Promise<string>;
  readonly isOver: () => boolean;
  readonly end: () => void;
}

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;
export const { ping: PING, pong: PONG } = OPCODE;

interface Wanted {
  readonly path?: string;
  readonly protocol?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks for a WebSocket. */
export async function openRawWebSocket(url: string, wanted: Wanted = {}): Promise<RawWebSocket> {
  const { path = '/graphql', protocol = 'graphql-transport-ws', headers = {} } = wanted;
  const { hostname, port } = new URL(url);
  const stream = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  stream.on('error', () => undefined);
  await once(stream, 'connect');
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-protocol': protocol,
    ...headers,
  }).map((line) => line.join(': '));
  stream.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);

  let all = Buffer.alloc(0);
  let isOver = false;
  stream.on('data', (part: Buffer) => (all = Buffer.concat([all, part])));
  const ended = new Promise<void>((resolve) => {
    const over = () => {
      isOver = true;
      resolve();
    };
    stream.on('end', over);
    stream.on('close', over);
  });
  const headEnd = () => all.indexOf('\r\n\r\n');
  const received = () => (headEnd() < 0 ? Buffer.alloc(0) : all.subarray(headEnd() + 4));
  const readAnswer = () => ({
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(all.toString('latin1', 0, 20))?.[1] ?? 0),
    text: received().toString(),
  });
  const headIsThere = new Promise<void>((resolve) => {
    stream.on('data', () => headEnd() >= 0 && resolve());
  });
  const answer = (async () => {
    await Promise.race([headIsThere, ended]);
    if (readAnswer().status !== 101) await ended;
    return readAnswer();
  })();

  const frame = (opcode: number, payload: Buffer, isFinal = true) => {
    stream.write(encode(opcode, payload, isFinal));
  };
  return {
    answer,
    received,
    frame,
    send: (text) => frame(OPCODE.text, Buffer.from(text)),
    write: (bytes) => stream.write(bytes),
    stopReading: () => stream.pause(),
    goOn: () => stream.resume(),
    closed: ended.then(() => closeIn(received())),
    isOver: () => isOver,
    end: () => stream.destroy(),
  };
}

/** The texts of the messages that came so far. */
export function messagesIn(bytes: Buffer): string[] {
  return framesIn(bytes)
    .filter(({ opcode }) => opcode === OPCODE.text)
    .map(({ payload }) => payload.toString());
}

function closeIn(bytes: Buffer): string {
  const close = framesIn(bytes).find(({ opcode }) => opcode === OPCODE.close);
  if (!close) return '';
  return `${close.payload.readUInt16BE(0)} ${close.payload.toString('utf8', 2)}`;
}

function framesIn(bytes: Buffer) {
  const frames: { opcode: number; payload: Buffer }[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const short = bytes[at + 1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    frames.push({
      opcode: bytes[at]! & 0x0f,
      payload: bytes.subarray(at + head, at + head + length),
    });
    at += head + length;
  }
  return frames;
}

/** What a client sends is masked; by zeros it stays as it is. */
function encode(opcode: number, payload: Buffer, isFinal: boolean): Buffer {
  const { length } = payload;
  const first = (isFinal ? 0x80 : 0) | opcode;
  const mask = Buffer.alloc(4);
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length]), mask, payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  if (length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, mask, payload]);
}
