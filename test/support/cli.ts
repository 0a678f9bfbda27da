import { PassThrough } from 'node:stream';
import { runCli } from '../../src/doors/cli/run.ts';
import { explain } from '../../src/core/operator-error.ts';

/** Runs a command as somebody at the machine does; 2 where it cannot be run. */
export async function cli(
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  try {
    const code = await runCli({ env, stdin, stdout, stderr, isWatched: false }, argv);
    return { code, output: String(stdout.read() ?? ''), errors: '' };
  } catch (error) {
    return { code: 2, output: String(stdout.read() ?? ''), errors: explain(error) };
  }
}
