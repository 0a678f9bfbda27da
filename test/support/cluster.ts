import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { POSTGRESQL_PROGRAMS } from './machine.ts';
import { freePort } from './process.ts';

/** One PostgreSQL server of a cluster. */
interface Server {
  readonly port: number;
  /** Where a database of it is, by name. */
  readonly urlOf: (database: string) => string;
  readonly query: <Row extends pg.QueryResultRow>(sql: string) => Promise<readonly Row[]>;
  /** Ends it as a power cut does, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

/** A primary and a standby that has received whatever the primary acknowledges. */
export interface Cluster {
  readonly primary: Server;
  readonly standby: Server;
  readonly close: () => Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian made for it. */
export const owner = process.getuid?.() === 0 ? ownerOf('postgres') : undefined;

const LOCAL = `listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n`;

/** Whether there is a PostgreSQL here to make a cluster of. */
export const canMakeClusters = existsSync(POSTGRESQL_PROGRAMS);

const trusted = (port: number) => `postgresql://postgres@127.0.0.1:${port}/postgres`;

/** Makes two PostgreSQL servers in a folder of their own, on free ports of this machine. */
export async function startCluster(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-cluster-'));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  runProgram('initdb', '--auth=trust', '--username=postgres', '--encoding=UTF8', '-D', first);
  const primary = await startServer(first, LOCAL, trusted);
  const from = ['-h', '127.0.0.1', '-p', `${primary.port}`, '-U', 'postgres'];
  runProgram('pg_basebackup', ...from, '--checkpoint=fast', '--write-recovery-conf', '-D', second);
  const standby = await startServer(second, LOCAL, trusted);
  await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  await primary.query('SELECT pg_reload_conf()');
  const isSynchronous = async () => {
    const sql = `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`;
    return (await primary.query(sql)).length === 1;
  };
  while (!(await isSynchronous())) await sleep(50);

  return {
    primary,
    standby,
    close: async () => {
      await Promise.all([primary.kill(), standby.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One PostgreSQL server in a folder of its own, which can be ended and started again. */
export interface LoneServer extends Server {
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Makes a PostgreSQL server. @param folder an empty one that it has for itself */
export async function startLoneServer(
  folder = mkdtempSync(join(tmpdir(), 'vestibule-server-')),
  settings = '',
): Promise<LoneServer> {
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  runProgram('initdb', '--auth=trust', '--username=postgres', '--encoding=UTF8', '-D', data);
  let server = await startServer(data, LOCAL + settings, trusted);
  return {
    ...server,
    kill: () => server.kill(),
    start: async () => {
      server = await startServer(data, '', trusted, server.port);
    },
    close: async () => {
      await server.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/**
 * Starts the server of a folder that `initdb` made.
 * @param adminUrl where a superuser may connect
 * @param knownPort where it listened before
 */
export async function startServer(
  folder: string,
  settings: string,
  adminUrl: (port: number) => string,
  knownPort?: number,
): Promise<Server> {
  const port = knownPort ?? (await freePort());
  appendFileSync(join(folder, 'postgresql.conf'), `${settings}port = ${port}\n`);
  const program = join(POSTGRESQL_PROGRAMS, 'postgres');
  const child = spawn(program, ['-D', folder], { stdio: 'ignore', ...owner });
  const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  const query = async <Row extends pg.QueryResultRow>(sql: string) => {
    const client = new pg.Client(adminUrl(port));
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  await untilAnswering(child, () => query('SELECT'));
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { port, urlOf, query, kill };
}

async function untilAnswering(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  while (child.exitCode === null) {
    const answers = await ask().then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(50);
  }
  throw new Error(`postgres ended with ${child.exitCode}`);
}

export function runProgram(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(POSTGRESQL_PROGRAMS, program), args, {
    cwd: tmpdir(),
    encoding: 'utf8',
    ...owner,
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
}

function ownerOf(name: string): { uid: number; gid: number } {
  const idOf = (option: string) =>
    Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}
