import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { TestApp } from './app.ts';

interface Refusal {
  readonly message: string;
  readonly extensions: { readonly code: string };
}

const SILENCE_MS = 200;

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
      const goesOn = setTimeout(() => resolve(undefined), SILENCE_MS);
      client.subscribe(
        { query: '', ...payload },
        {
          next: () => undefined,
          complete: () => undefined,
          error: (reason) => {
            clearTimeout(goesOn);
            if (Array.isArray(reason)) resolve(reason[0]);
            else reject(new Error(JSON.stringify(reason)));
          },
        },
      );
    });
  } finally {
    await client.dispose();
  }
}
