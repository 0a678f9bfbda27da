import { Worker } from 'node:worker_threads';

/** Reasonable for a machine that is the server's own; see HASH_NICE. */
export const DEFAULT_NICE = 10;
const LONGEST_WAIT_MS = 2000;

/**
 * Lets the threads of Node's pool, which hash, give way to everything else on Linux: a flood of sign-ins
 * then slows those who sign in before anybody else. A thread takes its priority from the one that starts it, and the
 * first that uses the pool starts all of it; so a worker that has lowered its own does, and is gone. It
 * has to come before anything that uses the pool, as the loader of ES modules does.
 *
 * @param nice 1 to 19; anything else changes nothing
 */
export function startYieldingPool(nice: number): void {
  if (process.platform !== 'linux' || !Number.isInteger(nice) || nice < 1 || nice > 19) return;
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WORK, { eval: true, workerData: { nice, done } });
  // Without it the pool is as it would have been.
  worker.on('error', () => undefined);
  worker.unref();
  Atomics.wait(done, 0, 0, LONGEST_WAIT_MS);
}

const WORK = `
  const { nice, done } = require('node:worker_threads').workerData;
  const end = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); };
  try {
    // Of this thread: to the system 0 is whoever calls.
    require('node:os').setPriority(0, nice);
    require('node:crypto').randomBytes(1, end);
  } catch { end(); }
`;
