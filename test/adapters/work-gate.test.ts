import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkGate } from '../../src/adapters/work-gate.ts';

const refusal = (waiting: number) => new Error(`${waiting} wait`);

function job() {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { work: () => done, finish };
}

it('starts no more than its places and lets the rest wait in order', async () => {
  const gate = createWorkGate(() => 2, 10, refusal);
  const started: number[] = [];
  const jobs = Array.from({ length: 5 }, job);
  const runs = jobs.map(({ work }, index) =>
    gate.run(() => {
      started.push(index);
      return work();
    }),
  );
  expect(started).toEqual([0, 1]);
  expect(gate.stats()).toEqual({ running: 2, waiting: 3 });
  jobs[1]?.finish();
  await runs[1];
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2]);
  for (const { finish } of jobs) finish();
  await Promise.all(runs);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(gate.stats()).toEqual({ running: 0, waiting: 0 });
});

it('refuses at once when nobody more may wait', async () => {
  const gate = createWorkGate(() => 1, 1, refusal);
  const { work, finish } = job();
  const runs = [gate.run(work), gate.run(work)];
  await expect(gate.run(work)).rejects.toThrow('1 wait');
  finish();
  await Promise.all(runs);
  await expect(gate.run(async () => 'again')).resolves.toBe('again');
});

it('frees the place of work that fails', async () => {
  const gate = createWorkGate(() => 1, 0, refusal);
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(gate.stats()).toEqual({ running: 0, waiting: 0 });
});

it('goes by the places that there are at the moment', async () => {
  let places = 3;
  const gate = createWorkGate(() => places, 10, refusal);
  const jobs = Array.from({ length: 7 }, job);
  const runs = jobs.map(({ work }) => gate.run(work));
  const finish = async (index: number) => {
    jobs[index]?.finish();
    await runs[index];
  };
  expect(gate.stats()).toEqual({ running: 3, waiting: 4 });
  places = 1;
  await finish(0);
  expect(gate.stats()).toEqual({ running: 2, waiting: 4 });
  await finish(1);
  await finish(2);
  expect(gate.stats()).toEqual({ running: 1, waiting: 3 });
  places = 3;
  await finish(3);
  expect(gate.stats()).toEqual({ running: 3, waiting: 0 });
  for (const { finish } of jobs) finish();
  await Promise.all(runs);
});

it('lets nobody who arrives pass those who wait', async () => {
  let places = 1;
  const gate = createWorkGate(() => places, 10, refusal);
  const [first, second, third] = [job(), job(), job()];
  const started: string[] = [];
  const runs = [gate.run(first.work), gate.run(() => (started.push('second'), second.work()))];
  places = 2;
  runs.push(gate.run(() => (started.push('third'), third.work())));
  expect(started).toEqual([]);
  first.finish();
  await runs[0];
  await Promise.resolve();
  expect(started).toEqual(['second', 'third']);
  for (const { finish } of [second, third]) finish();
  await Promise.all(runs);
});

describe('work that is stopped', () => {
  it('leaves the line at once, begins nothing and lets the next one in', async () => {
    const gate = createWorkGate(() => 1, 2, refusal);
    const [first, second] = [job(), job()];
    const stop = new AbortController();
    const started: string[] = [];
    const running = gate.run(first.work);
    const stopped = gate.run(async () => started.push('stopped'), stop.signal);
    const waiting = gate.run(() => (started.push('second'), second.work()));
    const reason = new Error('the client is gone');
    stop.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    expect(gate.stats()).toEqual({ running: 1, waiting: 1 });
    // The place that it gave back is free for another.
    const third = gate.run(async () => started.push('third'));
    for (const { finish } of [first, second]) finish();
    await Promise.all([running, waiting, third]);
    expect(started).toEqual(['second', 'third']);
    expect(gate.stats()).toEqual({ running: 0, waiting: 0 });
  });

  it('does not begin where it is stopped already, in the line or before it', async () => {
    const gate = createWorkGate(() => 1, 2, refusal);
    const { work, finish } = job();
    const stop = new AbortController();
    const running = gate.run(work);
    // Its turn has come, and it is stopped before it begins.
    const turn = gate.run(async () => 'begun', stop.signal);
    finish();
    await running;
    stop.abort(new Error('gone'));
    await expect(turn).rejects.toThrow('gone');
    await expect(gate.run(async () => 'begun', stop.signal)).rejects.toThrow('gone');
    expect(gate.stats()).toEqual({ running: 0, waiting: 0 });
  });

  it('counts no listener that is left behind', async () => {
    const gate = createWorkGate(() => 1, 100, refusal);
    let listeners = 0;
    const stop = {
      throwIfAborted: () => undefined,
      addEventListener: () => (listeners += 1),
      removeEventListener: () => (listeners -= 1),
    };
    await Promise.all(Array.from({ length: 50 }, () => gate.run(async () => 1, stop)));
    expect(listeners).toBe(0);
  });

  it('keeps its bounds whatever comes, ends and is stopped (property)', async () => {
    const step = fc.oneof(
      fc.constant({ kind: 'come' } as const),
      fc.record({ kind: fc.constantFrom('finish', 'stop'), which: fc.nat(20) }),
    );
    const steps = fc.array(step, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (todo, places) => {
        const gate = createWorkGate(() => places, 4, refusal);
        const all: { stop: AbortController; finish: () => void; run: Promise<unknown> }[] = [];
        let running = 0;
        for (const { kind, ...rest } of todo) {
          if (kind === 'come') {
            const stop = new AbortController();
            const { work, finish } = job();
            const run = gate.run(async () => {
              running += 1;
              expect(running).toBeLessThanOrEqual(places);
              await work();
              running -= 1;
            }, stop.signal);
            all.push({ stop, finish, run: run.catch(() => undefined) });
          } else {
            const chosen = all['which' in rest ? rest.which : 0];
            if (kind === 'finish') chosen?.finish();
            else chosen?.stop.abort(new Error('stopped'));
          }
          await Promise.resolve();
          const { waiting } = gate.stats();
          expect(waiting).toBeLessThanOrEqual(4);
        }
        for (const { finish } of all) finish();
        await Promise.all(all.map(({ run }) => run));
        expect(gate.stats()).toEqual({ running: 0, waiting: 0 });
      }),
    );
  });
});
