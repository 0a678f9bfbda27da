// Measures the import of a file of users: `node --import jiti/register bench/import.ts [lines]`, on SQLite
// and, where TEST_POSTGRES_URL names a server, on PostgreSQL.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import build from '../test/support/build.ts';
import { createTestDatabase, providers } from '../test/support/database.ts';
import { importLines } from '../test/support/import-file.ts';

const lines = Number(process.argv[2] ?? 100_000);

/** Runs the command line to its end; the most memory it had is read while it lives. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const began = performance.now();
  const child = spawn(process.execPath, ['dist/cli.js', ...args], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let peak = 0;
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const watch = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => (peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peak)),
      () => undefined,
    );
  }, 200);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (code !== 0) throw new Error(output);
  return { seconds: (performance.now() - began) / 1000, mebibytes: peak / 1024, output };
}

build();
const folder = await mkdtemp(join(tmpdir(), 'vestibule-import-'));
const file = join(folder, 'users.ndjson');
const stream = createWriteStream(file);
for (const line of importLines(lines)) if (!stream.write(`${line}\n`)) await once(stream, 'drain');
stream.end();
await finished(stream);

for (const provider of providers) {
  const database = await createTestDatabase(provider);
  const env = {
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    SECRET_KEY: 'a secret key for measuring: 32 bytes and more',
  };
  for (const what of ['first', 'again']) {
    const { seconds, mebibytes, output } = await run(['import', file], env);
    const rate = Math.round(lines / seconds);
    console.log(
      `${provider}, ${what}: ${seconds.toFixed(1)} s, ${rate} lines/s, ${mebibytes.toFixed(0)} MiB; ${output.trim()}`,
    );
  }
  await database.drop();
}
await rm(folder, { recursive: true });
