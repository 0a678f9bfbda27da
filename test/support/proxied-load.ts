import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { LOGIN, ME, REFRESH, SESSION_REVOKED } from './documents.ts';
import { type Proxy, SITE } from './proxies.ts';
import { init, subscription } from './sockets.ts';

/** What clients behind a proxy saw. */
export interface Seen {
  requests: number;
  /** What was not answered as it should be, once each. */
  readonly failures: Map<string, number>;
  /** How the WebSocket and the event stream ended: a code, or the last line. */
  readonly ends: string[];
  /** The longest time a client was without its subscription, in milliseconds. */
  longestGap: number;
}

export interface ProxiedLoad {
  readonly seen: Seen;
  /** Whether both subscriptions are open. */
  readonly isSubscribed: () => boolean;
  readonly stop: () => Promise<void>;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const PAUSE_MS = 5;
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * Clients that ask and write without a pause over connections that they keep, and never ask again; beside
 * them a subscription over a WebSocket and one over Server-Sent Events.
 */
export async function startProxiedLoad(
  proxy: Proxy,
  credentials: { readonly username: string; readonly password: string },
): Promise<ProxiedLoad> {
  const seen: Seen = { requests: 0, failures: new Map(), ends: [], longestGap: 0 };
  const agent = new Agent({ keepAlive: true, ca: proxy.ca, servername: SITE });
  const ask = askThrough(proxy, agent);
  const signIn = async () => {
    const { status, text } = await ask(LOGIN, { input: credentials });
    if (status !== 200) throw new Error(`the sign-in was answered with ${status}: ${text}`);
    return (JSON.parse(text) as { data: { login: Tokens } }).data.login;
  };
  let isOver = false;
  const count = (failure: string) =>
    seen.failures.set(failure, (seen.failures.get(failure) ?? 0) + 1);

  /** Asks again and again; `read` takes the answer, and says whether it is right. */
  const repeat = async (name: string, once: () => Promise<{ status: number; text: string }>) => {
    while (!isOver) {
      seen.requests += 1;
      try {
        const { status, text } = await once();
        if (status !== 200 || !/"data":\{/.test(text)) {
          count(`${name}: ${status} ${text.slice(0, 200)}`);
        }
      } catch (error) {
        count(`${name}: ${String(error)}`);
      }
      await sleep(PAUSE_MS);
    }
  };
  const refreshing = async () => {
    let tokens = await signIn();
    return async () => {
      const answer = await ask(REFRESH, { input: { refreshToken: tokens.refreshToken } });
      const { data } = JSON.parse(answer.text) as { data?: { refresh: Tokens } };
      if (data?.refresh.refreshToken) tokens = data.refresh;
      return answer;
    };
  };

  const { accessToken } = await signIn();
  const subscriptions = [
    keepOpen(
      seen,
      () => isOver,
      (opened) => overWebSocket(proxy, accessToken, opened),
    ),
    keepOpen(
      seen,
      () => isOver,
      (opened) => overSse(proxy, agent, accessToken, opened),
    ),
  ];
  const works = [
    repeat('refresh', await refreshing()),
    repeat('refresh', await refreshing()),
    ...Array.from({ length: 4 }, () => repeat('me', () => ask(ME, {}, accessToken))),
  ];
  return {
    seen,
    isSubscribed: () => subscriptions.every(({ isOpen }) => isOpen()),
    stop: async () => {
      isOver = true;
      await Promise.all(works);
      for (const { end } of subscriptions) end();
      await Promise.all(subscriptions.map(({ over }) => over));
      agent.destroy();
    },
  };
}

function askThrough({ port }: Proxy, agent: Agent) {
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
          headers: { ...headers, ...authorization },
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
interface Subscription {
  readonly over: Promise<string>;
  readonly end: () => void;
}

/** Opens a subscription again whenever it ends, as clients do. */
function keepOpen(
  seen: Seen,
  isOver: () => boolean,
  open: (opened: () => void) => Subscription,
): { isOpen: () => boolean; end: () => void; over: Promise<void> } {
  let current: Subscription | undefined;
  let isOpen = false;
  const over = (async () => {
    let since = performance.now();
    while (!isOver()) {
      current = open(() => {
        isOpen = true;
        seen.longestGap = Math.max(seen.longestGap, performance.now() - since);
      });
      const how = await current.over;
      if (isOver()) return;
      if (isOpen) since = performance.now();
      isOpen = false;
      seen.ends.push(how);
      await sleep(100);
    }
  })();
  return { isOpen: () => isOpen, end: () => current?.end(), over };
}

function overWebSocket(proxy: Proxy, token: string, opened: () => void): Subscription {
  const { port, ca } = proxy;
  const options = { ca, servername: SITE, headers: { host: SITE } };
  const url = `wss://127.0.0.1:${port}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', options);
  socket.on('open', () => socket.send(init(token)));
  socket.on('message', (data) => {
    if (!String(data as Buffer).includes('connection_ack')) return;
    socket.send(subscription('1'));
    opened();
  });
  socket.on('error', () => undefined);
  const over = new Promise<string>((resolve) => {
    socket.on('close', (code) => resolve(`WebSocket ${code}`));
  });
  return { over, end: () => socket.terminate() };
}

function overSse({ port }: Proxy, agent: Agent, token: string, opened: () => void): Subscription {
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
  const over = new Promise<string>((resolve) => {
    sent.on('error', (error) => resolve(`SSE ${error.message}`));
    sent.on('response', (answer) => {
      let last = `status ${answer.statusCode}`;
      if (answer.statusCode === 200) opened();
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (last = part.trim() || last));
      answer.on('error', (error) => resolve(`SSE ${error.message}`));
      answer.on('end', () =>
        resolve(`SSE ${/[^\n]*$/.exec(last.replace(/\d+$/, ''))?.[0]}`.trim()),
      );
    });
  });
  sent.end(body);
  return { over, end: () => sent.destroy() };
}
