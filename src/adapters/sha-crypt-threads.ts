import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ShaCryptJob } from './password-hashes/sha-crypt-digest.ts';
import { reasonOf, type Stop } from './stop.ts';
import { createWorkGate } from './work-gate.ts';

const IDLE_MS = 10_000;
const MAX_HEAP_MB = 32;

// From a checkout the thread is TypeScript, which Node 20 reads through jiti only.
const IS_SOURCE = import.meta.url.endsWith('.ts');
const FILE = new URL(`./sha-crypt-thread.${IS_SOURCE ? 'ts' : 'js'}`, import.meta.url);
const OPTIONS = {
  execArgv: IS_SOURCE ? ['--import', 'jiti/register'] : [],
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
};

interface IdleThread {
  /** Keeps it no longer. */
  readonly take: () => Worker;
}

const idle: IdleThread[] = [];
const gate = createWorkGate(availableParallelism, Infinity, () => new Error('too many threads'));

/**
 * Computes sha-crypt in a thread of its own, at most as many at once as there are cores: there is no
 * native code for it, and in JavaScript it would stop the event loop. The signal ends the thread.
 */
export function shaCryptInThread(job: ShaCryptJob, signal?: Stop): Promise<string> {
  return gate.run(async () => {
    const worker = idle.at(-1)?.take() ?? new Worker(FILE, OPTIONS);
    try {
      const digest = await answerOf(worker, job, signal);
      keep(worker);
      return digest;
    } catch (error) {
      worker.on('error', () => undefined);
      await worker.terminate();
      throw error;
    }
  }, signal);
}

async function answerOf(worker: Worker, job: ShaCryptJob, signal?: Stop): Promise<string> {
  let stop: () => void = () => undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      stop = () => signal && reject(reasonOf(signal));
      signal?.addEventListener('abort', stop);
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the thread of sha-crypt ended')));
      worker.postMessage(job);
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    forgetListeners(worker);
  }
}

/** By name: a worker listens to itself as well. */
function forgetListeners(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
}

/** Keeps a thread for the next hash; it holds up no process that ends, and ends itself after a while. */
function keep(worker: Worker): void {
  const take = () => {
    clearTimeout(timer);
    idle.splice(idle.indexOf(thread), 1);
    forgetListeners(worker);
    worker.ref();
    return worker;
  };
  const end = () => {
    take().on('error', () => undefined);
    worker.unref();
    void worker.terminate();
  };
  const timer = setTimeout(end, IDLE_MS).unref();
  const thread: IdleThread = { take };
  idle.push(thread);
  worker.unref();
  worker.on('error', end);
  worker.on('exit', end);
}
