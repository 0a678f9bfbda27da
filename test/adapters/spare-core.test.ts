import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createSpareCore } from '../../src/adapters/spare-core.ts';
import { startApp } from '../support/app.ts';

function beBusy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

it('leaves a busy event loop one core, and gives it back once that has rest again', async () => {
  const places = createSpareCore(2, 2);
  expect(places()).toBe(2);
  beBusy(200);
  expect(places()).toBe(1);
  await sleep(500);
  expect(places()).toBe(2);
});

it.each([
  ['of two threads on one core', 2, 1, 1],
  ['of one thread on one core', 1, 1, 1],
  ['of three threads on two cores', 3, 2, 1],
  ['of three threads on four cores', 3, 4, 3],
])('leaves %s, be it as busy as it may', (_which, threads, cores, left) => {
  const places = createSpareCore(threads, cores);
  expect(places()).toBe(threads);
  beBusy(200);
  expect(places()).toBe(left);
});

it('is what hashes of the app leave free', async () => {
  const cores = availableParallelism();
  // No setting lets more than three run on the threads that there are.
  const most = Math.min(cores, 3);
  const left = Math.min(most, Math.max(1, cores - 1));
  const app = await startApp({ env: { HASH_CONCURRENCY: String(most) } });
  try {
    const { hasher } = app.services;
    // It was busy as it started.
    await sleep(500);
    const hashes = Array.from({ length: most + 2 }, () => hasher.hash('a password'));
    expect(hasher.stats()).toEqual({ running: most, waiting: 2 });
    beBusy(200);
    await Promise.race(hashes);
    expect(hasher.stats()).toEqual({ running: left, waiting: left < most ? 2 : 1 });
    await Promise.all(hashes);
  } finally {
    await app.close();
  }
});
