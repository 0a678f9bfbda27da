import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { TestApp } from './app.ts';

interface Refusal {
  readonly message: string;
  readonly extensions: { readonly code: string };
}

/** Refused whatever is let in; what comes before it on a socket is judged before it. */
const REFUSED = 'subscription { nothing }';

/** Subscribes over a WebSocket: what is wrong with it, or nothing where it goes on. */
export async function refusalOfSubscription(
  app: TestApp,
  token: string,
  payload: Record<string, unknown>,
): Promise<Refusal | undefined> {
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  try {
    return await new Promise((resolve, reject) => {
      const subscribe = (sent: Record<string, unknown>, told: (reason: unknown) => void) =>
        client.subscribe(
          { query: '', ...sent },
          { next: () => undefined, complete: () => undefined, error: told },
        );
      subscribe(payload, (reason) => {
        if (Array.isArray(reason)) resolve(reason[0] as Refusal);
        else reject(new Error(JSON.stringify(reason)));
      });
      subscribe({ query: REFUSED }, () => setTimeout(() => resolve(undefined), 20));
    });
  } finally {
    await client.dispose();
  }
}
