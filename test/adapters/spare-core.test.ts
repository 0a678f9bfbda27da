import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createSpareCore } from '../../src/adapters/spare-core.ts';
import { startApp } from '../support/app.ts';

/** An event loop that is told how it spends its time, and the places on two cores. */
function spareCoreOf({ threads = 2, cores = 2 } = {}) {
  let spent = { idle: 0, active: 0 };
  const places = createSpareCore({ threads, cores, spent: () => spent });
  return (active: number, idle: number) => {
    spent = { active: spent.active + active, idle: spent.idle + idle };
    return places();
  };
}

it('leaves an event loop a core while that works four fifths of its time', () => {
  const after = spareCoreOf();
  expect(after(80, 20)).toBe(2);
  expect(after(81, 19)).toBe(1);
});

it('gives the core back once that rests two fifths of its time', () => {
  const after = spareCoreOf();
  expect(after(100, 0)).toBe(1);
  expect(after(61, 39)).toBe(1);
  expect(after(60, 40)).toBe(2);
  expect(after(61, 39)).toBe(2);
});

it('judges by no less than 50 milliseconds', () => {
  const after = spareCoreOf();
  expect(after(49, 0)).toBe(2);
  expect(after(1, 0)).toBe(1);
  expect(after(0, 49)).toBe(1);
  expect(after(0, 1)).toBe(2);
});

it.each([
  ['two threads on one core', 2, 1, 1],
  ['one thread on one core', 1, 1, 1],
  ['three threads on two cores', 3, 2, 1],
  ['three threads on three cores', 3, 3, 2],
  ['three threads on four cores', 3, 4, 3],
])(
  'lets of %s on a busy event loop no more run than leave it one',
  (_which, threads, cores, left) => {
    const after = spareCoreOf({ threads, cores });
    expect(after(0, 100)).toBe(threads);
    expect(after(100, 0)).toBe(left);
  },
);

function beBusy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

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
