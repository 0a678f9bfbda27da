import { afterEach, describe, expect, it } from 'vitest';
import { captureConsole } from '../../src/adapters/console.ts';
import type { Log } from '../../src/adapters/log.ts';
import { createSparingLog } from '../../src/adapters/sparing-log.ts';

function collect() {
  const lines: object[] = [];
  const take = (fields: object, message: string) => void lines.push({ ...fields, message });
  const log: Log = { debug: take, info: take, warn: take, error: take };
  return { lines, log };
}

describe('what strangers can have logged', () => {
  it('is one line of each kind in a while, and then how many were left out', async () => {
    const { lines, log } = collect();
    const { warn } = createSparingLog(log, 50);
    for (let n = 0; n < 1000; n++) warn('one', { n }, 'it happened');
    warn('other', {}, 'that too');
    expect(lines).toEqual([
      { kind: 'one', n: 0, message: 'it happened' },
      { kind: 'other', message: 'that too' },
    ]);
    await expect.poll(() => lines).toHaveLength(3);
    expect(lines[2]).toEqual({ kind: 'one', leftOut: 999, message: 'it happened' });
  });

  it('is told at once again after a while in which nothing was left out', async () => {
    const { lines, log } = collect();
    const { warn } = createSparingLog(log, 10);
    warn('one', { n: 1 }, 'it happened');
    await expect
      .poll(() => {
        warn('one', { n: 2 }, 'it happened');
        return lines.length;
      })
      .toBeGreaterThan(1);
    expect(lines[1]).toMatchObject({ kind: 'one' });
  });
});

describe('what libraries write to the console', () => {
  let undo = () => {};
  afterEach(() => undo());

  it('goes to the log, as do the warnings of Node', async () => {
    const { lines, log } = collect();
    undo = captureConsole(log);
    for (let n = 0; n < 10; n++) console.error('Internal error %d', n, new Error('x'.repeat(5000)));
    process.emitWarning('too many listeners', 'MaxListenersExceededWarning');
    await expect.poll(() => lines).toHaveLength(2);
    const [error, warning] = lines as [{ text: string }, object];
    expect(error).toMatchObject({
      kind: 'console.error',
      message: 'a library wrote to the console',
    });
    expect(error.text).toMatch(/^Internal error 0 Error: x/);
    expect(error.text).toHaveLength(1000);
    expect(warning).toMatchObject({ kind: 'MaxListenersExceededWarning' });
  });
});
