import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGBOUNCER } from './machine.ts';
import { freePort } from './process.ts';

/** The user that programs run as which refuse to run as root. */
const NOBODY = 65_534;

export interface Pooler {
  /** The same database as another URL leads to, through the pooler. */
  readonly through: (databaseUrl: string) => string;
  readonly close: () => Promise<void>;
}

/** Starts PgBouncer before a server, which hands a connection out for a transaction at a time. */
export async function startPgbouncer(serverUrl: string): Promise<Pooler> {
  const { hostname, port, username, password } = new URL(serverUrl);
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-pgbouncer-'));
  chmodSync(folder, 0o755);
  const listenPort = await freePort();
  const login = password === '' ? '' : ` password=${password}`;
  const file = join(folder, 'pgbouncer.ini');
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${port || '5432'} user=${username}${login}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${listenPort}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    // Fewer than the processes ask for: a connection serves them in turn.
    'default_pool_size = 3',
  ];
  writeFileSync(file, settings.join('\n'));
  const asOther = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(PGBOUNCER, ['-q', file], { stdio: 'ignore', ...asOther });
  await untilListening(child, listenPort);
  return {
    through: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${listenPort}`;
      return url.href;
    },
    close: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await sleep(20);
  }
  throw new Error(`pgbouncer ended with ${child.exitCode}`);
}
