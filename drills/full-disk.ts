// The drill of a full disk: the database lies on a file system of its own, in memory, which is filled up
// and made room on again, on SQLite and on PostgreSQL. Writes its table of docs/operate/faults.md. Needs
// Debian's postgresql-15 and root: `npm run drill:full-disk`.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import build from '../test/support/build.ts';
import { startLoneServer } from '../test/support/cluster.ts';
import { drill, writeRows } from './faults/drill.ts';

const FULL_MS = 15_000;
const SQLITE_SIZE = '16m';
const POSTGRESQL_SIZE = '256m';
/** So that its log keeps its size and what runs out of room is a table. */
const SMALL_LOG = 'min_wal_size = 32MB\nmax_wal_size = 48MB\nautovacuum = off\n';

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
}

/** Fills a file system to the last byte; answers how to make room again. */
function fill(folder: string): () => void {
  const file = join(folder, 'filler');
  const descriptor = openSync(file, 'w');
  for (const size of [1 << 20, 4096]) {
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(descriptor);
  return () => rmSync(file);
}

async function onDisk<T>(size: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-disk-'));
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  try {
    return await work(folder);
  } finally {
    // A handle of SQLite's may be open in this process still.
    run('umount', '--lazy', folder);
    rmdirSync(folder);
  }
}

const drillOn = (kind: string, folder: string, databaseUrl: string) =>
  drill({
    name: `The disk of ${kind} full for ${FULL_MS / 1000} s`,
    databaseUrl,
    happen: async () => {
      const makeRoom = fill(folder);
      await sleep(FULL_MS);
      makeRoom();
      return { from: performance.now() };
    },
  });

build();
const rows = [
  await onDisk(SQLITE_SIZE, (folder) => drillOn('SQLite', folder, `file:${folder}/data.db`)),
  await onDisk(POSTGRESQL_SIZE, async (folder) => {
    const server = await startLoneServer(folder, SMALL_LOG);
    try {
      await server.query('CREATE DATABASE vestibule');
      return await drillOn('PostgreSQL', folder, server.urlOf('vestibule'));
    } finally {
      await server.close();
    }
  }),
];
writeRows('full-disk', rows);
