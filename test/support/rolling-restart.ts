import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from './database.ts';
import { SETUP } from './documents.ts';
import { send } from './gql.ts';
import { PASSWORD } from './people.ts';
import { freePort, INSTALLATION, type ServerProcess, startProcess } from './process.ts';
import { startProxiedLoad, type Seen } from './proxied-load.ts';
import { type ProxyName, SITE, startProxy } from './proxies.ts';

export interface Restarts {
  readonly processes: number;
  /** How many of them are restarted. */
  readonly restarts: number;
  readonly delaySeconds: number;
  /** Whether the proxies check often, for a delay that is short. */
  readonly isHasty: boolean;
  /** How long a process serves before the next one is stopped, in milliseconds. */
  readonly settleMs: number;
  /** How long the load lasts before the first stop and after the last start, in milliseconds. */
  readonly aroundMs: number;
}

export interface Outcome {
  readonly proxy: ProxyName;
  readonly seen: Seen;
  /** The longest time from SIGTERM to the end of a process, in milliseconds. */
  readonly longestStop: number;
}

/** Processes on one PostgreSQL behind proxies, restarted one after the other under load. */
export async function restartUnderLoad(
  proxies: readonly ProxyName[],
  { processes, restarts, delaySeconds, isHasty, settleMs, aroundMs }: Restarts,
): Promise<readonly Outcome[]> {
  const database = await createTestDatabase('postgresql');
  const closing: (() => Promise<unknown>)[] = [() => database.drop()];
  try {
    const ports: number[] = [];
    while (ports.length < processes) ports.push(await freePort());
    const start = (port: number) =>
      startProcess({
        ...INSTALLATION,
        DATABASE_URL: database.url,
        PORT: String(port),
        PUBLIC_URL: `https://${SITE}`,
        TRUSTED_PROXIES: '127.0.0.1',
        SHUTDOWN_DELAY_SECONDS: String(delaySeconds),
        SESSIONS_PER_USER: '1000',
      });
    const servers = new Map<number, ServerProcess>();
    closing.unshift(() => Promise.all([...servers.values()].map(({ stop }) => stop('SIGKILL'))));
    for (const port of ports) servers.set(port, await start(port));
    const credentials = { username: 'admin', password: PASSWORD };
    await send(servers.get(ports[0]!)!.url, SETUP, { input: credentials });

    const started = await Promise.all(proxies.map((name) => startProxy(name, ports, isHasty)));
    closing.unshift(() => Promise.all(started.map(({ close }) => close())));
    // HAProxy and Caddy take a process for one that is there until they have asked.
    const loads = await Promise.all(started.map((proxy) => startProxiedLoad(proxy, credentials)));
    await sleep(aroundMs);

    let longestStop = 0;
    for (const port of ports.slice(0, restarts)) {
      const begun = performance.now();
      const { code } = await servers.get(port)!.stop('SIGTERM');
      if (code !== 0) throw new Error(`a process ended with ${code}`);
      longestStop = Math.max(longestStop, performance.now() - begun);
      servers.set(port, await start(port));
      // The proxies find it ready before the next one leaves.
      await sleep(settleMs);
    }
    await sleep(aroundMs);
    if (!loads.every(({ isSubscribed }) => isSubscribed())) {
      throw new Error('a subscription is not open again');
    }
    await Promise.all(loads.map(({ stop }) => stop()));
    return loads.map(({ seen }, i) => ({ proxy: proxies[i]!, seen, longestStop }));
  } finally {
    for (const close of closing) await close();
  }
}
