import { expect, it } from 'vitest';
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
