import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import net from 'node:net';
import { expect } from 'vitest';

export interface WireRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: unknown;
}

/** Sends exactly these headers: `fetch` adds its own and refuses some. */
export function exchange(url: string, request: WireRequest): Promise<WireAnswer> {
  const { method = 'GET', path, headers = {}, body } = request;
  return new Promise((resolve, reject) => {
    const sent = http.request(url + path, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          body: read(text),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Opens a connection to write to byte by byte. */
export function openConnection(url: string): Promise<{
  readonly write: (text: string) => void;
  readonly abort: () => void;
  /** Everything the server has sent, once it has closed the connection. */
  readonly received: Promise<string>;
  /** Resolves when the server has sent something that matches. */
  readonly until: (pattern: RegExp) => Promise<void>;
}> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const received = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(text) && resolve();
      look();
      socket.on('data', look);
      socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
    });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('connect', () =>
      resolve({
        write: (part) => socket.write(part),
        abort: () => socket.resetAndDestroy(),
        received,
        until,
      }),
    );
  });
}

/** The head of a request as it goes over the wire. */
export function head(method: string, path: string, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries({ host: 'vestibule.test', ...headers });
  return [`${method} ${path} HTTP/1.1`, ...lines.map((line) => line.join(': ')), '', ''].join(
    '\r\n',
  );
}

/** Nothing in an answer tells where or how the server is made. */
export function expectTidy({ text, headers }: WireAnswer): void {
  expect(text + JSON.stringify(headers)).not.toMatch(
    /\n\s+at |node_modules|\/src\/|\/dist\/|\.[jt]s:\d|prisma|SyntaxError|TypeError/i,
  );
  expect(headers).not.toHaveProperty('server');
  expect(headers).not.toHaveProperty('x-powered-by');
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
