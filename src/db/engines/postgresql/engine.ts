import { clockSql } from '../../clock.ts';
import { Prisma, type PrismaClient } from '../../generated/sqlite/client.ts';
import type { Engine, OpenDatabase, OpenOptions } from '../engine.ts';
import { clientOptions } from '../prisma-options.ts';
import { createWriteHealth } from '../write-health.ts';
import { listen } from './listener.ts';

/** A PostgreSQL server. */
export const postgresql: Engine = {
  name: 'postgresql',
  lock: Prisma.sql`FOR UPDATE`,
  skipLocked: Prisma.sql`FOR UPDATE SKIP LOCKED`,
  skipLockedOf: (table, held) =>
    Prisma.raw(`FOR UPDATE OF "${table}" SKIP LOCKED FOR KEY SHARE OF "${held}" SKIP LOCKED`),
  epoch: Prisma.sql`TIMESTAMP '1970-01-01'`,
  writesInWith: true,
  hasOneWriter: false,
  endsLongQueries: true,
  silenceTriggers: async (tx) => {
    await tx.$queryRaw`SELECT set_config('vestibule.clean_up', 'on', true)`;
  },
  open,
  migrations: async (databaseUrl) => {
    const { openPostgresqlMigrations } = await import('./migrations.ts');
    return openPostgresqlMigrations(databaseUrl);
  },
  exists: () => true,
  files: () => [],
  listen,
  readClock: async (prisma) => {
    const [row] = await prisma.$queryRaw<{ ms: number }[]>`
      SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS DOUBLE PRECISION) AS "ms"`;
    return row?.ms ?? 0;
  },
};

async function open(databaseUrl: string, options: OpenOptions): Promise<OpenDatabase> {
  const { poolSize, limits, onError, replicaUrls, databaseClock, onReplica } = options;
  const [{ postgresqlDatabase }, { PrismaClient: Client }] = await Promise.all([
    import('./database.ts'),
    import('../../generated/postgresql/client.ts'),
  ]);
  const pool = { poolSize, limits, onError };
  const health = createWriteHealth(() => database.tryWrite());
  const database = postgresqlDatabase(databaseUrl, { ...pool, onWriteFailure: health.failed });
  const { adapter, direct: driver, connections, inTurn, ping } = database;
  const client = new Client({ adapter, ...clientOptions(limits) });
  const prisma = client as unknown as PrismaClient;
  const replicas =
    replicaUrls.length > 0
      ? (await import('./replicas.ts')).openReplicas({
          ...pool,
          urls: replicaUrls,
          primary: driver,
          onAnswer: onReplica,
        })
      : undefined;
  await prisma.$connect();
  return {
    prisma,
    driver,
    readList: replicas?.readList ?? driver.readList,
    now: clockSql(databaseClock),
    inTurn,
    connections,
    ping,
    takesWrites: health.works,
    close: async () => {
      await replicas?.close();
      await prisma.$disconnect();
    },
  };
}
