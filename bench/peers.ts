import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BENCH_PASSWORD } from './people.ts';
import { type Server, start } from './servers.ts';

const FOLDER = fileURLToPath(new URL('peers', import.meta.url));
const NAMES = ['better-auth', 'feathers', 'oidc-provider'] as const;

/** Installs the peers into their own folder, where they are not yet, and answers their names. */
export function installPeers(): readonly string[] {
  if (existsSync(`${FOLDER}/node_modules`)) return NAMES;
  // No scripts: what a peer would download or compile on its own is not needed here.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const npm = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit' });
  if (npm.status !== 0) throw new Error('the peers could not be installed');
  return NAMES;
}

/** Starts a peer, which makes so many accounts in an empty database first. */
export function startPeer(
  name: string,
  { databaseUrl, users }: { readonly databaseUrl: string; readonly users: number },
): Promise<Server> {
  const env = { DATABASE_URL: databaseUrl, USERS: String(users), BENCH_PASSWORD };
  return start(name, [`bench/peers/${name}.mjs`], env);
}
