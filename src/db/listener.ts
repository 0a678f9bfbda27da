import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const HEARTBEAT_MS = 2_000;
const LIVE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = [100, 250, 500, 1_000, 2_000] as const;

export interface ListenOptions {
  readonly databaseUrl: string;
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /**
   * Told whenever messages may have been missed: on every connection, the first one too, when it breaks,
   * and on every attempt that fails, so that who watches something looks at it while nothing is heard.
   */
  readonly onGap: () => void;
  readonly onError: (error: unknown) => void;
}

export interface Listener {
  /** Whether the server answered within the last 5 s, so that nothing was missed until then. */
  readonly isLive: () => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Hears PostgreSQL's NOTIFY on a connection of its own (a pooler between may not keep one), connects
 * again for ever, and asks for a sign of life so that a dead line is not taken for silence.
 */
export function listen(options: ListenOptions): Listener {
  const stop = new AbortController();
  let lastBeat = -Infinity;
  let failures = 0;

  const hear = async () => {
    const client = new pg.Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: HEARTBEAT_MS,
      keepAlive: true,
      application_name: 'vestibule listener',
    });
    const broken = new AbortController();
    client.on('error', () => broken.abort());
    client.on('end', () => broken.abort());
    client.on('notification', ({ payload }) => options.onMessage(payload ?? ''));
    const stopped = AbortSignal.any([stop.signal, broken.signal]);
    try {
      await client.connect();
      await client.query(`LISTEN ${options.channel}`);
      options.onGap();
      failures = 0;
      while (!stopped.aborted) {
        await client.query('SELECT 1');
        lastBeat = performance.now();
        await sleep(HEARTBEAT_MS, undefined, { signal: stopped }).catch(() => undefined);
      }
    } finally {
      lastBeat = -Infinity;
      options.onGap();
      await client.end().catch(() => undefined);
    }
  };

  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        await hear();
      } catch (error) {
        options.onError(error);
      }
      const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();

  return {
    isLive: () => performance.now() - lastBeat < LIVE_MS,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
