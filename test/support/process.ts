import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { FOLDERS } from './folders.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The built command line. */
export const CLI = resolve(ROOT, 'dist/cli.js');
const CHEAP = { PROFILE: 'development', ARGON2_MEMORY_KIB: '64', ARGON2_TIME: '1' };

/** What the processes of one installation have in common, whatever port each listens on. */
export const INSTALLATION = {
  NODE_ENV: 'production',
  SECRET_KEY: 'a secret key for tests: 32 bytes and more',
  PUBLIC_URL: 'http://vestibule.test',
  THROTTLE: 'off',
};

type Environment = Readonly<Record<string, string>>;

export interface ServerProcess {
  /** Where it listens. */
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it wrote to its standard output so far. */
  readonly output: () => string;
  readonly ended: Promise<Ended>;
  /** Signals it and waits until it is gone. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ended>;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Starts the built server as a container does, and waits until it listens, on a port of its own. */
export async function startProcess(
  env: Environment,
  script = 'dist/main.js',
): Promise<ServerProcess> {
  const { child, output, ended, stop } = run(env, script);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const line = /^\{.*"msg":"listening".*\}$/m.exec(output())?.[0];
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
    void ended.then(({ code, errors }) => reject(new Error(`exited with ${code}: ${errors}`)));
  });
  return { url, child, output, ended, stop };
}

/** The same for one test: it is gone when the test is over, however that ends. */
export async function processOfTest(env: Environment, script?: string): Promise<ServerProcess> {
  const server = await startProcess(env, script);
  onTestFinished(async () => {
    await server.stop('SIGKILL');
  });
  return server;
}

/** Starts the server where it cannot start, and answers how it ended. */
export async function startInVain(env: Environment): Promise<Ended> {
  const { ended, stop } = run(env);
  onTestFinished(async () => {
    await stop('SIGKILL');
  });
  return ended;
}

/** A folder for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(FOLDERS, 'vestibule-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts the built server, or another script, and does not wait for it. */
export function run(env: Environment, script = 'dist/main.js', args: readonly string[] = []) {
  const child = spawn(process.execPath, [resolve(ROOT, script), ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], PORT: '0', ...CHEAP, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, output: output(), errors: errors() }));
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return { child, output, errorOutput: errors, ended, stop };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  return () => text;
}
