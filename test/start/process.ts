import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHEAP = { PROFILE: 'development', ARGON2_MEMORY_KIB: '64', ARGON2_TIME: '1' };

export interface Running {
  readonly process: ChildProcess;
  /** Where it listens. */
  readonly url: string;
  readonly output: () => string;
  readonly exited: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const leftovers: (() => void)[] = [];
afterEach(() => {
  for (const remove of leftovers.splice(0).reverse()) remove();
});

/** A folder of the test's own. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-start-'));
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the server as a container does and waits until it listens, on a port of its own. */
export async function start(
  env: Readonly<Record<string, string>>,
  script = 'dist/main.js',
): Promise<Running> {
  const { child, output, exited } = run(env, script);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const line = /^\{.*"msg":"listening".*\}$/m.exec(output())?.[0];
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
    void exited.then(({ code, errors }) => reject(new Error(`exited with ${code}: ${errors}`)));
  });
  return { process: child, url, output, exited };
}

/** Starts the server where it cannot start, and answers how it ended. */
export function startInVain(env: Readonly<Record<string, string>>): Promise<Ended> {
  return run(env, 'dist/main.js').exited;
}

function run(env: Readonly<Record<string, string>>, script: string) {
  const child = spawn(process.execPath, [join(ROOT, script)], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], PORT: '0', ...CHEAP, ...env },
  });
  leftovers.push(() => child.kill('SIGKILL'));
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const exited = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, output: output(), errors: errors() }));
  });
  return { child, output, exited };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  return () => text;
}
