import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/process.ts';

export interface Server {
  readonly name: string;
  readonly url: string;
  readonly child: ChildProcess;
  /** From the start of the process to the first answer, in milliseconds. */
  readonly startMs: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** The settings that sign-in is measured at, for the ceiling too. */
const HASHING = { ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2', ARGON2_PARALLELISM: '1' };

/** A ceiling: one file of targets/ as a process of its own. */
export function startTarget(
  file: string,
  env: Record<string, string> = {},
  name = file,
): Promise<Server> {
  const args = ['--import', 'jiti/register', `bench/targets/${file}.ts`];
  return start(name, args, { ...HASHING, ...env });
}

/** The server as a container runs it. */
export function startVestibule(name: string, env: Record<string, string>): Promise<Server> {
  return start(name, ['dist/main.cjs'], {
    PROFILE: 'production',
    OPEN_SETUP: 'true',
    SECRET_KEY: 'a secret key for the bench: 32 bytes and more',
    PUBLIC_URL: 'http://vestibule.bench',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    ...HASHING,
    ...env,
  });
}

export async function stop({ child }: Server): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The resident memory of a process in MiB. */
export function residentMib({ child }: Server): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** Starts a server on a free port and waits until it answers. */
export async function start(
  name: string,
  args: string[],
  env: Record<string, string>,
): Promise<Server> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  const body = JSON.stringify({ query: '{ __typename }' });
  const headers = { 'content-type': 'application/json' };
  while (performance.now() - startedAt < START_TIMEOUT_MS) {
    if (child.exitCode !== null) break;
    const answered = await fetch(url, { method: 'POST', headers, body }).then(
      () => true,
      () => false,
    );
    if (answered) return { name, url, child, startMs: performance.now() - startedAt };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill('SIGKILL');
  throw new Error(`${name} does not answer`);
}
