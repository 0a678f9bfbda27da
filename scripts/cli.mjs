// `npm run cli -- <command>`: builds what is missing and runs the command line as a developer wants it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

if (existsSync('.env')) process.loadEnvFile('.env');
process.env.NODE_ENV ||= 'production';
process.env.PROFILE ||= 'development';
const build = fileURLToPath(new URL('build.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [build, '--if-needed'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
await import('../dist/cli.js');
