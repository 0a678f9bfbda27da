import { type Agent, request } from 'node:https';
import WebSocket from 'ws';
import { SESSION_REVOKED } from './documents.ts';
import { type Proxy, SITE } from './proxies.ts';
import { init, subscription } from './sockets.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends GraphQL through a proxy, over connections that are kept. */
export function askThrough(
  { port }: Proxy,
  agent: Agent,
  more: { localAddress?: string; headers?: object } = {},
) {
  return (document: unknown, variables: object, token?: string) => {
    const body = JSON.stringify({ query: String(document), variables });
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { host: SITE, ...JSON_TYPE, 'content-length': Buffer.byteLength(body) };
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          method: 'POST',
          path: '/graphql',
          localAddress: more.localAddress,
          headers: { ...headers, ...authorization, ...more.headers },
          timeout: 30_000,
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => (text += part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          answer.on('error', reject);
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer in 30 s')));
      sent.on('error', reject);
      sent.end(body);
    });
  };
}

/** A subscription that is over when `over` resolves, with how it ended. */
export interface Subscription {
  readonly over: Promise<string>;
  /** Everything that came so far. */
  readonly received: () => string;
  readonly end: () => void;
}

/** Subscribes to `sessionRevoked` over a WebSocket. */
export function overWebSocket(proxy: Proxy, token: string, opened: () => void): Subscription {
  const { port, ca } = proxy;
  const options = { ca, servername: SITE, headers: { host: SITE } };
  const url = `wss://127.0.0.1:${port}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', options);
  let received = '';
  socket.on('open', () => socket.send(init(token)));
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    received += text;
    if (!text.includes('connection_ack')) return;
    socket.send(subscription('1'));
    opened();
  });
  socket.on('error', () => undefined);
  const over = new Promise<string>((resolve) => {
    socket.on('close', (code) => resolve(`WebSocket ${code}`));
  });
  return { over, received: () => received, end: () => socket.terminate() };
}

/** The same over Server-Sent Events. */
export function overSse(
  { port }: Proxy,
  agent: Agent,
  token: string,
  opened: () => void,
): Subscription {
  const body = JSON.stringify({ query: String(SESSION_REVOKED) });
  const sent = request({
    agent,
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/graphql',
    headers: {
      host: SITE,
      ...JSON_TYPE,
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      'content-length': Buffer.byteLength(body),
    },
  });
  let received = '';
  const over = new Promise<string>((resolve) => {
    sent.on('error', (error) => resolve(`SSE ${error.message}`));
    sent.on('response', (answer) => {
      if (answer.statusCode === 200) opened();
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (received += part));
      answer.on('error', (error) => resolve(`SSE ${error.message}`));
      answer.on('end', () => {
        // How long to wait differs from stream to stream.
        const lastLine = received.trim().split('\n').at(-1)?.replace(/ \d+$/, '');
        resolve(`SSE ${lastLine} ${answer.statusCode}`);
      });
    });
  });
  sent.end(body);
  return { over, received: () => received, end: () => sent.destroy() };
}
