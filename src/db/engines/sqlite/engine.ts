import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clockSql } from '../../clock.ts';
import { Prisma } from '../../generated/sqlite/client.ts';
import type { Engine, OpenDatabase, OpenOptions } from '../engine.ts';
import { clientOptions } from '../prisma-options.ts';
import { createWriteHealth } from '../write-health.ts';

const ENDINGS = ['', '-wal', '-shm'];

/** SQLite in a file. Its drivers are loaded when a database is opened. */
export const sqlite: Engine = {
  name: 'sqlite',
  // One transaction at a time writes, and takes the lock as it begins.
  lock: Prisma.empty,
  skipLocked: Prisma.empty,
  skipLockedOf: () => Prisma.empty,
  epoch: Prisma.sql`0`,
  writesInWith: false,
  hasOneWriter: true,
  endsLongQueries: false,
  silenceTriggers: async () => undefined,
  open,
  migrations: async (databaseUrl) => {
    const { openSqliteMigrations } = await import('./migrations.ts');
    return openSqliteMigrations(fileOf(databaseUrl));
  },
  exists: (databaseUrl) => existsSync(fileOf(databaseUrl)),
  files: (databaseUrl) => ENDINGS.map((ending) => fileOf(databaseUrl) + ending),
  backup: async (databaseUrl, to) => {
    const { backupSqlite } = await import('./backup.ts');
    await backupSqlite(fileOf(databaseUrl), to);
  },
};

function fileOf(databaseUrl: string): string {
  if (databaseUrl.startsWith('file://')) return fileURLToPath(databaseUrl);
  return resolve(databaseUrl.slice('file:'.length));
}

async function open(databaseUrl: string, options: OpenOptions): Promise<OpenDatabase> {
  const { limits, clock, databaseClock = clock } = options;
  const [{ sqliteDatabase }, { PrismaClient }] = await Promise.all([
    import('./database.ts'),
    import('../../generated/sqlite/client.ts'),
  ]);
  const file = fileOf(databaseUrl);
  const health = createWriteHealth(() => tryWrite());
  const { adapter, direct, tryWrite } = sqliteDatabase(file, {
    limits,
    onWriteFailure: health.failed,
  });
  const prisma = new PrismaClient({ adapter, ...clientOptions(limits) });
  await prisma.$connect();
  return {
    prisma,
    driver: direct,
    readList: direct.readList,
    now: clockSql(databaseClock),
    inTurn: (_request, work) => work(),
    connections: () => undefined,
    giveBack: direct.giveBack,
    vacuum: async () => {
      const before = statSync(file).size;
      await direct.vacuum();
      return { before, after: statSync(file).size };
    },
    ping: async () => {
      await prisma.$queryRaw`SELECT 1`;
    },
    takesWrites: health.works,
    close: () => prisma.$disconnect(),
  };
}
