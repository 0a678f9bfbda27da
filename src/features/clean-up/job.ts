import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../../core/services.ts';
import { cleanUp } from './run.ts';
import { keepTurn, takeTurn } from './turn-store.ts';

/** How often a process asks whether it is time; each time up to half as long again, so that few ask at once. */
const CHECK_SECONDS = 60;
/** How long a process may be silent until another takes its turn. */
const LEASE_SECONDS = 120;
const RENEW_MS = 30_000;
const BYTE = 256;

/**
 * Cleans up every CLEAN_UP_SECONDS for as long as the process runs: of all processes over a database one does
 * it at a time. Returns how to stop, which waits for the batch under way.
 */
export function startCleanUp(
  services: Services,
  checkSeconds: number = CHECK_SECONDS,
): () => Promise<void> {
  const stop = new AbortController();
  const holder = services.random.uuid();
  const loop = async () => {
    while (!stop.signal.aborted) {
      const [byte = 0] = services.random.bytes(1);
      const pause = checkSeconds * 1000 * (1 + byte / BYTE / 2);
      await sleep(pause, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
      if (!stop.signal.aborted) await cleanUpInTurn(services, holder, stop.signal);
    }
  };
  const running = services.config.cleanUpSeconds > 0 ? loop() : Promise.resolve();
  return async () => {
    stop.abort();
    await running;
  };
}

/** Cleans up if it is time and nobody else does. A failure is logged: the next round tries again. */
async function cleanUpInTurn(
  services: Services,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  const { db, config, log, clock, telemetry } = services;
  const removed: Record<string, number> = {};
  try {
    if (!(await takeTurn(db, holder, LEASE_SECONDS))) return;
    let renewedAt = performance.now();
    const isWhole = await cleanUp(services, {
      by: 'vestibule',
      onlyDue: true,
      signal,
      onRemoved: ({ name }, rows) => {
        removed[name] = (removed[name] ?? 0) + rows;
        telemetry.metrics?.cleanedUp(name, rows);
      },
      mayGoOn: async () => {
        if (performance.now() - renewedAt < RENEW_MS) return true;
        renewedAt = performance.now();
        return keepTurn(db, holder, LEASE_SECONDS);
      },
    });
    // One that was stopped half-way leaves the turn to whoever asks next.
    await keepTurn(db, holder, isWhole ? config.cleanUpSeconds : 0);
    if (isWhole) telemetry.metrics?.cleanUpEnded(clock.now());
    if (Object.keys(removed).length > 0) log.info({ removed }, 'deleted what is over');
  } catch (error) {
    log.error({ err: error, removed }, 'what is over cannot be deleted');
  }
}
