import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN, ME, REFRESH } from './documents.ts';
import { type Proxy, SITE } from './proxies.ts';
import { askThrough, overSse, overWebSocket, type Subscription } from './through-proxy.ts';

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
