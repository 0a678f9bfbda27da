import { createServer, connect as connectTo, type AddressInfo } from 'node:net';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { migrate, resolveMigration } from '../../src/db/migrate/migrate.ts';
import { type Migration, readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { postgresUrl, providers } from '../support/database.ts';
import {
  copyMigrations,
  emptyDatabase,
  historyOf,
  migrationSession,
} from '../support/histories.ts';
import { TEST_LONG } from '../support/long.ts';

const TABLE = { '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' };

describe.each(providers)('a half-recorded migration on %s', (provider) => {
  it('is found out and gone on from, whichever it was and whether or not it was applied', async () => {
    const history = await readHistory(historyDirectory(provider));
    const [url, whole] = [await emptyDatabase(provider), await emptyDatabase(provider)];
    await migrate(whole);
    const expected = await (await migrationSession(whole)).readSchema();
    const db = await open(url);
    const directory = await historyOf({});
    await (await migrationSession(url)).prepare();
    for (const [index, migration] of history.entries()) {
      const { name } = migration;
      const isEven = index % 2 === 0;
      if (TEST_LONG || isEven) await beginRecord(db, migration);
      await copyMigrations(directory, provider, [name]);
      expect(await migrate(url, { directory })).toEqual([name]);

      if (!TEST_LONG && isEven) continue;
      await takeEnd(db, name);
      expect((await migrate(url, { directory })).filter((one) => one !== name)).toEqual([]);
    }
    expect(await (await migrationSession(url)).readSchema()).toEqual(expected);
    const records = await (await migrationSession(url)).readRecords();
    expect(records.map((row) => `${row.migration_name} ${row.finished}`).sort()).toEqual(
      history.map(({ name }) => `${name} true`),
    );
  }, 180_000);

  it('counts as applied where its statements were', async () => {
    const url = await emptyDatabase(provider);
    const rows = { ...TABLE, '0002_rows': 'INSERT INTO "a" VALUES (1);' };
    const directory = await historyOf(rows);
    await migrate(url, { directory });
    const db = await open(url);
    await takeEnd(db, '0002_rows', 1);
    expect(await migrate(url, { directory })).toEqual([]);
    expect(await countRows(db)).toBe(1);
  });

  it('is left to an operator where the schema does not tell', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({ ...TABLE, '0002_rows': 'INSERT INTO "a" VALUES (1);' });
    await migrate(url, { directory });
    const db = await open(url);
    await takeEnd(db, '0002_rows');
    await expect(migrate(url, { directory })).rejects.toThrow(
      /^Migration 0002_rows was interrupted, .* "vestibule migrate resolve --applied 0002_rows", otherwise "vestibule migrate resolve --rolled-back 0002_rows"/,
    );
    await resolveMigration(url, '0002_rows', 'applied', { directory });
    expect(await migrate(url, { directory })).toEqual([]);
    expect(await countRows(db)).toBe(1);

    await takeEnd(db, '0002_rows');
    await resolveMigration(url, '0002_rows', 'rolled back', { directory });
    expect(await migrate(url, { directory })).toEqual(['0002_rows']);
    expect(await countRows(db)).toBe(2);
    await expect(resolveMigration(url, '0002_rows', 'applied', { directory })).rejects.toThrow(
      'No migration 0002_rows was interrupted.',
    );
  });

  it('is left to an operator where a part of it is there, or where its file is another', async () => {
    const url = await emptyDatabase(provider);
    const two = 'CREATE TABLE "b" ("id" INTEGER); CREATE INDEX "b_idx" ON "b" ("id");';
    await migrate(url, { directory: await historyOf({ ...TABLE, '0002_two': two }) });
    const db = await open(url);
    await takeEnd(db, '0002_two');
    const edited = { directory: await historyOf({ ...TABLE, '0002_two': `${two}\n` }) };
    await expect(migrate(url, edited)).rejects.toThrow(/^Migration 0002_two was interrupted/);
    await db.prisma.$executeRawUnsafe('DROP INDEX "b_idx"');
    const directory = await historyOf({ ...TABLE, '0002_two': two });
    await expect(migrate(url, { directory })).rejects.toThrow(
      /^Migration 0002_two was interrupted/,
    );
  });

  it('does not mind what an operator added to the schema', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({
      ...TABLE,
      '0002_next': 'CREATE TABLE "b" ("id" INTEGER);',
    });
    await migrate(url, { directory });
    const db = await open(url);
    await db.prisma.$executeRawUnsafe('CREATE INDEX "own_idx" ON "a" ("id")');
    await takeEnd(db, '0002_next');
    expect(await migrate(url, { directory })).toEqual([]);
  });
});

describe.skipIf(postgresUrl === undefined)('a connection that breaks in a migration', () => {
  it('leaves a database from which the next start goes on, whenever it breaks', async () => {
    const history = {
      ...TABLE,
      '0002_rows': 'INSERT INTO "a" VALUES (1);',
      '0003_next': 'CREATE TABLE "b" ("id" INTEGER); INSERT INTO "b" VALUES (1);',
    };
    const directory = await historyOf(history);
    const url = await emptyDatabase('postgresql');
    const client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    let broken = 0;
    for (let messages = 1; ; messages++) {
      const proxy = await breakingProxy(url, messages);
      const isThrough = await migrate(proxy.url, { directory }).then(
        () => true,
        () => false,
      );
      proxy.close();
      await migrate(url, { directory });
      const { rows } = await client.query<{ rows: string }>(
        `SELECT concat((SELECT count(*) FROM "a"), (SELECT count(*) FROM "b"),
          (SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL)) AS rows`,
      );
      expect(rows).toEqual([{ rows: '113' }]);
      if (isThrough) break;
      broken += 1;
      await client.query('DROP TABLE "a", "b", _prisma_migrations');
    }
    // Each of the three is five messages, beside the connection, the lock and the records.
    expect(broken).toBeGreaterThan(20);
  });
});

async function open(url: string): Promise<Database> {
  const db = await connect({ databaseUrl: url });
  onTestFinished(() => db.close());
  return db;
}

/** What an older release wrote before it applied a migration. */
async function beginRecord(db: Database, { name, checksum }: Migration): Promise<void> {
  await db.prisma.$executeRaw`
    INSERT INTO "_prisma_migrations" ("id", "migration_name", "checksum") VALUES (${name}, ${name}, ${checksum})`;
}

/** Makes a record what it was while an older release applied the migration. */
async function takeEnd(db: Database, name: string, steps = 0): Promise<void> {
  await db.prisma.$executeRaw`
    UPDATE "_prisma_migrations" SET "finished_at" = NULL, "applied_steps_count" = ${steps}, "logs" = NULL
    WHERE "migration_name" = ${name} AND "rolled_back_at" IS NULL`;
}

async function countRows(db: Database): Promise<number> {
  return (await db.prisma.$queryRaw<unknown[]>`SELECT 1 FROM "a"`).length;
}

/** Breaks the connection when the client sends its message of that number, before the server has it. */
async function breakingProxy(databaseUrl: string, messages: number) {
  const target = new URL(databaseUrl);
  const proxy = createServer((client) => {
    const server = connectTo(Number(target.port || 5432), target.hostname);
    let sent = 0;
    client.on('data', (data) => {
      sent += 1;
      if (sent === messages) client.destroy();
      else server.write(data);
    });
    server.pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { url: url.href, close: () => proxy.close() };
}
