import { type Client, createClient } from 'graphql-ws';
import type { Session } from '../recipes/tokens.ts';

/**
 * Subscriptions over a WebSocket. The server closes it with 4403 when the session or the access token
 * ends; `renew` decides which it was, and the next connection carries the new token.
 */
export function createSocket(
  server: string,
  session: Session,
  renew: () => Promise<unknown>,
): Client {
  return createClient({
    url: `${server.replace(/^http/, 'ws')}/graphql`,
    lazy: true,
    retryAttempts: 5,
    shouldRetry: () => session.load() !== undefined,
    connectionParams: () => {
      const accessToken = session.load()?.accessToken;
      return accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    },
    on: {
      closed: (event) => {
        if ((event as CloseEvent).code !== 4403 || !session.load()) return;
        // What comes of it stands in the session.
        renew().catch(() => undefined);
      },
    },
  });
}
