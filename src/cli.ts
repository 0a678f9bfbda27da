#!/usr/bin/env node
import { runCli } from './doors/cli/run.ts';
import { explain } from './core/operator-error.ts';

// The command line beside the server: node dist/cli.js <command>.

const CANNOT_RUN = 2;

function fail(error: unknown): number {
  process.stderr.write(`vestibule: ${explain(error)}\n`);
  return CANNOT_RUN;
}

const { env, stdin, stdout, stderr } = process;
// Whoever reads it, `head` for one, may have read enough: the command goes on to its end and says it to nobody.
for (const output of [stdout, stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
const terminal = { env, stdin, stdout, stderr, isWatched: stderr.isTTY };
process.exitCode = await runCli(terminal, process.argv.slice(2)).catch(fail);
