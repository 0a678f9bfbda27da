import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import { createSparingLog } from '../../adapters/sparing-log.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { networkOf } from '../../adapters/client-address.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

type ConnectionKind = 'websocket' | 'event_stream';

/** Why a connection was refused or closed. */
export type ConnectionLimit =
  'total' | 'address' | 'user' | 'unread' | 'messages' | 'size' | 'subscriptions' | 'sign_in';

/** One that stays open: a WebSocket or an event stream. */
export interface Connection {
  /** Counts it for the user who has shown who they are. @throws TOO_MANY_CONNECTIONS */
  readonly countFor: (userId: string) => void;
  /** Counts a message; false where there were too many of its address lately. */
  readonly message: () => boolean;
  /** Counts a subscription until it ends; undefined where its address or its user has too many. */
  readonly subscribe: () => (() => void) | undefined;
  /** Takes note that a limit was reached on it. */
  readonly reached: (limit: ConnectionLimit) => void;
  readonly close: () => void;
}

/** The connections of this process that stay open, counted by whose they are. */
export interface Connections {
  /** @throws OVERLOADED, TOO_MANY_CONNECTIONS */
  readonly open: (kind: ConnectionKind, ipAddress: string) => Connection;
}

/** What a front end sends when it comes back: as much as all its subscriptions at once, twice. */
const MESSAGES_OF_AN_ADDRESS = { burst: 2000, perSecond: 400 };
/** Every subscription is told of every change: many connections may not have the most that one may. */
const SUBSCRIPTIONS = { ofAnAddress: 50, ofAUser: 5 };
/** Addresses whose messages are counted; one that falls out was quiet for longer than all others. */
const ADDRESSES = 10_000;
const RETRY_SECONDS = 10;

export function createConnections({ config, log, telemetry }: Services): Connections {
  const sparing = createSparingLog(log);
  const byAddress = createCount(config.socketsPerAddress);
  const byUser = createCount(config.socketsPerUser);
  const most = config.subscriptionsPerConnection;
  const subscriptions = {
    byAddress: createCount(most * SUBSCRIPTIONS.ofAnAddress),
    byUser: createCount(most * SUBSCRIPTIONS.ofAUser),
  };
  const open: Record<ConnectionKind, number> = { websocket: 0, event_stream: 0 };
  const buckets = createCache<TokenBucket>({
    entries: ADDRESSES,
    bytes: ADDRESSES * 1024,
    bytesOf: (_bucket, key) => bytesOfTexts(key),
  });
  telemetry.metrics?.watchConnections(() => open, Object.keys(TEXTS));

  const reached = (limit: ConnectionLimit, kind: ConnectionKind, network: string) => {
    telemetry.metrics?.connectionRefused(kind, limit);
    sparing.warn(`connection.${limit}`, { connection: kind, network }, TEXTS[limit]);
  };
  const bucketOf = (network: string) => {
    const bucket =
      buckets.get(network) ??
      createTokenBucket(MESSAGES_OF_AN_ADDRESS.burst, MESSAGES_OF_AN_ADDRESS.perSecond);
    buckets.set(network, bucket);
    return bucket;
  };

  return {
    open: (kind, ipAddress) => {
      const network = networkOf(ipAddress);
      if (open.websocket + open.event_stream >= config.socketsTotal) {
        reached('total', kind, network);
        throw new AppError('OVERLOADED', { retryAfterSeconds: RETRY_SECONDS });
      }
      if (!byAddress.add(network)) {
        reached('address', kind, network);
        throw new AppError('TOO_MANY_CONNECTIONS', { retryAfterSeconds: RETRY_SECONDS });
      }
      open[kind] += 1;
      let user: string | undefined;
      let isOpen = true;
      return {
        countFor: (userId) => {
          if (!isOpen || user !== undefined) return;
          if (!byUser.add(userId)) {
            reached('user', kind, network);
            throw new AppError('TOO_MANY_CONNECTIONS', { retryAfterSeconds: RETRY_SECONDS });
          }
          user = userId;
        },
        message: () => bucketOf(network)(),
        subscribe: () => {
          if (!subscriptions.byAddress.add(network)) return undefined;
          const subscriber = user;
          if (subscriber !== undefined && !subscriptions.byUser.add(subscriber)) {
            subscriptions.byAddress.remove(network);
            return undefined;
          }
          return () => {
            subscriptions.byAddress.remove(network);
            if (subscriber !== undefined) subscriptions.byUser.remove(subscriber);
          };
        },
        reached: (limit) => reached(limit, kind, network),
        close: () => {
          if (!isOpen) return;
          isOpen = false;
          open[kind] -= 1;
          byAddress.remove(network);
          if (user !== undefined) byUser.remove(user);
        },
      };
    },
  };
}

const TEXTS: Readonly<Record<ConnectionLimit, string>> = {
  total: 'connections are refused: SOCKETS_TOTAL is reached',
  address: 'connections of an address are refused: SOCKETS_PER_ADDRESS is reached',
  user: 'connections of a user are refused: SOCKETS_PER_USER is reached',
  unread: 'a connection was closed: its client does not read',
  messages: 'a WebSocket was closed: too many messages',
  size: 'a WebSocket was closed: a message was too large',
  subscriptions: 'subscriptions are refused: SUBSCRIPTIONS_PER_CONNECTION is reached',
  sign_in: 'a WebSocket was closed: nobody signed in on it in time',
};

interface Count {
  /** False where there are as many as may be. */
  readonly add: (key: string) => boolean;
  readonly remove: (key: string) => void;
}

function createCount(limit: number): Count {
  const counts = new Map<string, number>();
  return {
    add: (key) => {
      const count = counts.get(key) ?? 0;
      if (count >= limit) return false;
      counts.set(key, count + 1);
      return true;
    },
    remove: (key) => {
      const count = (counts.get(key) ?? 0) - 1;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
    },
  };
}
