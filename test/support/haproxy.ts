import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { HAPROXY } from './machine.ts';
import { freePort } from './process.ts';

export interface Balancer {
  readonly urlOf: (database: string) => string;
  readonly close: () => Promise<void>;
}

/** The words of PostgreSQL's protocol: user and database, a question, and the row that a primary answers. */
const STARTUP = message('', '\0\x03\0\0user\0postgres\0database\0postgres\0\0');
const IS_STANDBY = message('Q', 'SELECT pg_is_in_recovery()\0');
const READY = message('Z', 'I');
const NO = message('D', '\0\x01\0\0\0\x01f');

/** Starts HAProxy before PostgreSQL servers: it leads to the one that says it is no standby. */
export async function startHaproxy(ports: readonly number[]): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(port, ports));
  const child = spawn(HAPROXY, ['-db', '-f', file], { stdio: 'ignore' });
  const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  // It takes every server for a primary until it has asked.
  while (!(await leadsToPrimary(urlOf('postgres')))) {
    if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}`);
    await sleep(100);
  }
  return {
    urlOf,
    close: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(port: number, ports: readonly number[]): string {
  const servers = ports.map((at, i) => `  server postgres${i + 1} 127.0.0.1:${at} check`);
  return `
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 1s
listen primary
  bind 127.0.0.1:${port}
  option tcp-check
  tcp-check connect
  tcp-check send-binary ${STARTUP}
  tcp-check expect binary ${READY}
  tcp-check send-binary ${IS_STANDBY}
  tcp-check expect binary ${NO}
  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}

/** In hexadecimal, with its length. */
function message(type: string, body: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]).toString('hex');
}

async function leadsToPrimary(url: string): Promise<boolean> {
  for (let i = 0; i < 10; i++) {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ is: boolean }>('SELECT pg_is_in_recovery() AS is');
      if (rows[0]?.is !== false) return false;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return true;
}
