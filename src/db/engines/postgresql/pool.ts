import { Socket } from 'node:net';
import pg from 'pg';
import { abortReason, type Stop } from '../../../adapters/stop.ts';
import type { DatabaseLimits } from '../../limits.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';

const KEEP_ALIVE_MS = 5_000;
/** How much longer than the server takes for a statement its answer is waited for. */
const ANSWER_MS = 1_000;

export interface PoolSettings {
  readonly url: string;
  readonly size: number;
  readonly limits: DatabaseLimits;
  /** Told of connections that break while nobody uses them; the pool replaces them. */
  readonly onError: (error: Error) => void;
  /** Told the SQLSTATE of every error that the server answers with. */
  readonly onRefusal?: (code: string | undefined) => void;
}

/** Runs one statement on a connection of the pool, unless it was given up before one is free. */
export type AskServer = (
  query: pg.QueryConfig<unknown[]>,
  signal?: Stop,
) => Promise<pg.QueryResult>;

export interface Pool {
  readonly pool: pg.Pool;
  readonly ask: AskServer;
  /** Gives up a connection that does not answer. */
  readonly lose: SilenceWatch['lose'];
}

type Checkout = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** Opens a pool of connections to a server, none of which is waited for any longer than `limits` allow. */
export function openPool(settings: PoolSettings): Pool {
  const { url, size, limits, onError } = settings;
  const watch = watchSilence(limits.querySeconds * 1000 + ANSWER_MS);
  const server = { takesSettings: true };
  const pool = new pg.Pool({
    ...connectionConfig(url),
    max: size,
    connectionTimeoutMillis: limits.waitSeconds * 1000,
    idleTimeoutMillis: limits.idleSeconds * 1000,
    Client: clientMaker(settings, server, watch),
  });
  pool.on('error', onError);
  retryWithoutSettings(pool, server, onError);
  return { pool, ask: createAsk(pool), lose: watch.lose };
}

/** How to connect, whatever for. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'vestibule',
  };
}

/** What the pool calls with `new` for each connection. */
function clientMaker(
  { limits, onRefusal }: PoolSettings,
  server: { readonly takesSettings: boolean },
  watch: SilenceWatch,
): new () => pg.ClientBase {
  const own = serverSettings(limits);
  const inTransaction = Object.entries(own).map(([name, ms]) => `SET LOCAL ${name} = ${ms}`);
  const begin = ['BEGIN', ...inTransaction].join('; ');
  const make = function (config: pg.ClientConfig) {
    const socket = new Socket();
    const { takesSettings } = server;
    const client = new pg.Client({
      ...config,
      ...(takesSettings && own),
      stream: () => socket,
    });
    // Whoever uses it is told by their query. Without a listener the process would end.
    client.on('error', () => undefined);
    client.once('connect', () => {
      watch.add(client, socket);
      if (!takesSettings) beginWith(client, begin);
    });
    if (onRefusal) onServerError(client, onRefusal);
    return client;
  };
  return make as unknown as new () => pg.ClientBase;
}

function serverSettings({ querySeconds, lockSeconds, transactionSeconds }: DatabaseLimits) {
  return {
    statement_timeout: querySeconds * 1000,
    lock_timeout: lockSeconds * 1000,
    idle_in_transaction_session_timeout: transactionSeconds * 1000,
  };
}

/** Has every transaction of Prisma's begin with its settings, in the round trip that it takes anyway. */
function beginWith(client: pg.Client, begin: string): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = ((first: unknown, ...rest: unknown[]) =>
    isBegin(first)
      ? query({ ...first, text: begin }, ...rest)
      : query(first, ...rest)) as typeof client.query;
}

function isBegin(query: unknown): query is pg.QueryConfig {
  return typeof query === 'object' && query !== null && 'text' in query && query.text === 'BEGIN';
}

function onServerError(client: pg.Client, tell: (code: string | undefined) => void): void {
  const { connection } = client as unknown as {
    connection: { on: (event: string, heard: (message: { code?: string }) => void) => void };
  };
  connection.on('errorMessage', ({ code }) => tell(code));
}

/**
 * PgBouncer refuses a connection that comes with settings, for it hands the same on to others. Then each
 * transaction sets its own; for single statements the role needs them (docs/operate/growth.md).
 */
function retryWithoutSettings(
  pool: pg.Pool,
  server: { takesSettings: boolean },
  onError: (error: Error) => void,
): void {
  const connect = pool.connect.bind(pool) as (callback: Checkout) => void;
  const checkout = (callback: Checkout, isRetry = false) => {
    connect((error, client, release) => {
      if (!error || isRetry || !error.message.includes('unsupported startup parameter')) {
        callback(error, client, release);
        return;
      }
      if (server.takesSettings) onError(new Error(`a pooler takes no timeouts: ${error.message}`));
      server.takesSettings = false;
      checkout(callback, true);
    });
  };
  pool.connect = ((callback?: Checkout) => {
    if (callback) return checkout(callback);
    return new Promise((resolve, reject) => {
      checkout((error, client) =>
        client ? resolve(client) : reject(error ?? new Error('no connection')),
      );
    });
  }) as typeof pool.connect;
}

function leavesConnection(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}

/** As the pool's own, which closes a connection for any error, where a server's leaves it as it was. */
function createAsk(pool: pg.Pool): AskServer {
  const checkOut = pool.connect.bind(pool) as (callback: Checkout) => void;
  return (query, signal) =>
    new Promise((resolve, reject) => {
      checkOut((error, client, release) => {
        if (!client) {
          reject(error ?? new Error('no connection'));
          return;
        }
        const reason = signal && abortReason(signal);
        if (reason) {
          release();
          reject(reason);
          return;
        }
        client.query(query, (failure: Error | undefined, result) => {
          release(failure && !leavesConnection(failure) ? failure : undefined);
          if (failure) reject(failure);
          else resolve(result);
        });
      });
    });
}
