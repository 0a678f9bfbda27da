import { once } from 'node:events';
import { connect } from 'node:net';

export interface Connection {
  /** Sends one request and answers the body of its response; anything but status 200 or 201 is an error. */
  readonly send: (request: string) => Promise<string>;
  readonly close: () => void;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * One keep-alive connection on a bare socket: a client made of Node's own HTTP costs as much as the
 * servers it is to measure, and would be what the figures show.
 */
export async function openConnection(url: URL): Promise<Connection> {
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;

  const settle = (how: { body: string } | { error: Error }) => {
    const request = waiting;
    waiting = undefined;
    if ('body' in how) request?.resolve(how.body);
    else request?.reject(how.error);
  };
  socket.on('data', (chunk: Buffer) => {
    received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
    try {
      const body = readResponse(received);
      if (body === undefined) return;
      received = Buffer.alloc(0);
      settle({ body });
    } catch (error) {
      settle({ error: error as Error });
    }
  });
  socket.on('error', (error) => settle({ error }));
  socket.on('close', () => settle({ error: new Error(`${url.href} closed the connection`) }));

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

export interface RequestParts {
  /** The path with its query. */
  readonly path: string;
  readonly token?: string | undefined;
  /** Without one it is a GET. */
  readonly body?: string;
  readonly type?: string;
}

/** A request as it goes over the wire. */
export function writeRequest(
  { host }: URL,
  { path, token, body, type = 'application/json' }: RequestParts,
): string {
  return [
    `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    `host: ${host}`,
    'accept: application/json',
    ...(body === undefined
      ? []
      : [`content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`]),
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    '',
    body ?? '',
  ].join('\r\n');
}

/** Sends one request on a connection of its own and answers the body of the response. */
export async function ask(url: URL, request: string): Promise<string> {
  const connection = await openConnection(url);
  try {
    return await connection.send(request);
  } finally {
    connection.close();
  }
}

/** The body of a response that has come in whole; undefined while some of it is missing. */
function readResponse(bytes: Buffer): string | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const body = bytes.subarray(headEnd + HEAD_END.length);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const isWhole = length === undefined ? endsWith(body, LAST_CHUNK) : body.length >= Number(length);
  if (!isWhole) return undefined;
  const text = length === undefined ? readChunks(body) : body.toString('utf8');
  const status = head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
  if (status !== '200' && status !== '201') throw new Error(`status ${status}: ${text}`);
  return text;
}

function endsWith(bytes: Buffer, end: string): boolean {
  return bytes.toString('latin1', Math.max(0, bytes.length - end.length)) === end;
}

function readChunks(bytes: Buffer): string {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (size === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
