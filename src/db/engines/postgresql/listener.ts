import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Listener, ListenOptions } from '../engine.ts';

const HEARTBEAT_MS = 2_000;
const LIVE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = [100, 250, 500, 1_000, 2_000] as const;

const UNHEARD =
  'what is said on DATABASE_URL is not heard: behind a pooler that is not by session DIRECT_DATABASE_URL ' +
  'has to lead to the server itself';

/**
 * Hears PostgreSQL's NOTIFY on a connection of its own, connects again for ever, and asks for a sign of
 * life so that a dead line is not taken for silence. What is never heard is not either: a pooler takes
 * LISTEN and passes nothing on, so every connection has to hear something first.
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
      keepAliveInitialDelayMillis: LIVE_MS,
      application_name: 'vestibule listener',
    });
    const broken = new AbortController();
    client.on('error', () => broken.abort());
    client.on('end', () => broken.abort());
    const proof = `${options.channel}_proof`;
    const [mark, heard] = [String(performance.now()), new AbortController()];
    client.on('notification', ({ channel, payload }) => {
      if (channel === options.channel) options.onMessage(payload ?? '');
      else if (payload === mark) heard.abort();
    });
    const stopped = AbortSignal.any([stop.signal, broken.signal]);
    try {
      await client.connect();
      await client.query(`LISTEN ${options.channel}; LISTEN ${proof}`);
      await options.db.prisma.$queryRaw`SELECT pg_notify(${proof}, ${mark})::text`;
      const gaveUp = AbortSignal.any([stopped, AbortSignal.timeout(HEARTBEAT_MS)]);
      await until(AbortSignal.any([heard.signal, gaveUp]));
      if (!heard.signal.aborted && !stopped.aborted) throw new Error(UNHEARD);
      options.onGap();
      options.onLive?.();
      failures = 0;
      while (!stopped.aborted) {
        await client.query('SELECT 1');
        lastBeat = performance.now();
        await sleep(HEARTBEAT_MS, undefined, { signal: stopped }).catch(() => undefined);
      }
    } finally {
      lastBeat = -Infinity;
      options.onGap();
      await endInTime(client);
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

/** A goodbye on a dead connection is sent again for a quarter of an hour: it is waited for no longer than a heartbeat. */
async function endInTime(client: pg.Client): Promise<void> {
  const { connection } = client as unknown as { connection: { stream: Duplex } };
  const late = setTimeout(() => connection.stream.destroy(), HEARTBEAT_MS);
  await client.end().catch(() => undefined);
  clearTimeout(late);
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
