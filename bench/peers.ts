import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchDatabase, makeEmptyPostgresql } from './database.ts';
import { BENCH_PASSWORD } from './people.ts';
import { type Server, startPeer } from './servers.ts';

const FOLDER = fileURLToPath(new URL('peers', import.meta.url));

export interface Peers {
  readonly servers: readonly Server[];
  readonly databases: readonly BenchDatabase[];
}

/** Installs the peers into their own folder, where they are not yet, and starts each with as many accounts. */
export async function startPeers(serverUrl: string, users: number): Promise<Peers> {
  install();
  const servers: Server[] = [];
  const databases: BenchDatabase[] = [];
  for (const name of ['better-auth', 'feathers', 'oidc-provider']) {
    const database = await makeEmptyPostgresql(serverUrl);
    databases.push(database);
    servers.push(
      await startPeer(name, {
        DATABASE_URL: database.url,
        USERS: String(users),
        BENCH_PASSWORD,
      }),
    );
  }
  return { servers, databases };
}

function install(): void {
  if (existsSync(`${FOLDER}/node_modules`)) return;
  // No scripts: what a peer would download or compile on its own is not needed here.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const npm = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit' });
  if (npm.status !== 0) throw new Error('the peers could not be installed');
}
