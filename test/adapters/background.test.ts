import { describe, expect, it } from 'vitest';
import { createBackground } from '../../src/adapters/background.ts';
import type { Log } from '../../src/adapters/log.ts';

const ignore = () => undefined;

function start(options: Parameters<typeof createBackground>[1] = {}) {
  const errors: string[] = [];
  const log: Log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (_fields, message) => errors.push(message),
  };
  return { ...createBackground(log, options), errors };
}

/** A promise that a test resolves. */
function gate() {
  let open: () => void = ignore;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe('work in the background', () => {
  it('begins once what it waits for is over', async () => {
    const { run, close } = start();
    const { open, opened } = gate();
    const done: string[] = [];
    run('late', async () => void done.push('late'), opened);
    run('at once', async () => void done.push('at once'));
    await expect.poll(() => done).toEqual(['at once']);
    open();
    await close();
    expect(done).toEqual(['at once', 'late']);
  });

  it('is done at a stop, even if what it waits for never ends', async () => {
    const { run, close } = start();
    const done: string[] = [];
    run('held', async () => void done.push('held'), gate().opened);
    await close();
    expect(done).toEqual(['held']);
  });

  it('is done so many at a time', async () => {
    const { run, close } = start({ atOnce: 2 });
    let [now, most] = [0, 0];
    for (let i = 0; i < 10; i++) {
      run('work', async () => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      });
    }
    await close();
    expect([now, most]).toEqual([0, 2]);
  });

  it('is refused where too much is waiting, which the log says once', async () => {
    const { run, close, errors } = start({ limit: 2 });
    const { open, opened } = gate();
    const taken = Array.from({ length: 5 }, () => run('work', async () => undefined, opened));
    expect(taken).toEqual([true, true, false, false, false]);
    expect(errors).toEqual(['work: too much is waiting']);
    open();
    await close();
    expect(run('work', async () => undefined)).toBe(true);
    await close();
  });

  it('goes on with the next when one fails, which the log says', async () => {
    const { run, close, errors } = start({ atOnce: 1 });
    const done: string[] = [];
    run('it failed', async () => Promise.reject(new Error('no')));
    run('next', async () => void done.push('next'));
    await close();
    expect(done).toEqual(['next']);
    expect(errors).toEqual(['it failed']);
  });
});
