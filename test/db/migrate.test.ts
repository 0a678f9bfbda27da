import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Database, connect } from '../../src/db/client.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openMigrationSession } from '../../src/db/migration-session.ts';
import { historyDirectory, readHistory } from '../../src/db/migrations.ts';
import { openSchemaEngine } from '../../src/db/schema-engine.ts';
import { type Provider, parseDatabaseUrl } from '../../src/db/url.ts';
import { createEmptyDatabase, providers } from '../support/database.ts';

const run = promisify(execFile);
const cleanups: (() => Promise<void>)[] = [];
let bundledTo: string | undefined;
let bundled: Promise<string> | undefined;

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  if (bundledTo !== undefined) await rm(bundledTo, { recursive: true, force: true });
});

describe.each(providers)('migrate on %s', (provider) => {
  it('gives exactly the schema', async () => {
    const url = await emptyDatabase(provider);
    await migrate(url);

    const schema = await schemaOf(provider);
    const history = await readHistory(historyDirectory(provider));
    const session = await openMigrationSession(parseDatabaseUrl(url));
    const engine = await openSchemaEngine(provider, session.schemaAdapter());
    cleanups.push(
      () => session.close(),
      () => engine.close(),
    );
    expect(await engine.diff({ history }, { schema })).toBeUndefined();
    expect(await engine.diff('database', { schema })).toBeUndefined();
    expect(
      await engine.diff('database', { schema: schema.replace('  userAgent ', '  agent ') }),
    ).toContain('"agent"');
  });

  it('applies each migration once', async () => {
    const url = await emptyDatabase(provider);
    const names = (await readHistory(historyDirectory(provider))).map(({ name }) => name);
    expect(await migrate(url)).toEqual(names);
    expect(await migrate(url)).toEqual([]);
    expect(await appliedNames(url)).toEqual(names);
  });

  it('lets one of several at once in a process migrate', async () => {
    const url = await emptyDatabase(provider);
    const results = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
    const names = (await readHistory(historyDirectory(provider))).map(({ name }) => name);
    expect(results.filter((applied) => applied.length > 0)).toEqual([names]);
    expect(await appliedNames(url)).toEqual(names);
  });

  it('lets one of four processes at once migrate, and all go on', async () => {
    const url = await emptyDatabase(provider);
    const script = await (bundled ??= bundledMigrate());
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(() => run(process.execPath, ['--input-type=module', '-e', script, url])),
    );
    const names = (await readHistory(historyDirectory(provider))).map(({ name }) => name);
    const results = outputs.map(({ stdout }) => JSON.parse(stdout) as string[]);
    expect(results.filter((applied) => applied.length > 0)).toEqual([names]);
    expect(await appliedNames(url)).toEqual(names);
  });

  it('undoes a migration that fails and applies it once it is mended', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({
      '0001_first': 'CREATE TABLE "a" ("id" INTEGER PRIMARY KEY);',
      '0002_second':
        'CREATE TABLE "b" ("id" INTEGER PRIMARY KEY); INSERT INTO "nowhere" VALUES (1);',
    });
    await expect(migrate(url, { directory })).rejects.toThrow(
      /^Migration 0002_second failed and was undone: .*nowhere.*$/,
    );

    await writeMigration(directory, '0002_second', 'CREATE TABLE "b" ("id" INTEGER PRIMARY KEY);');
    expect(await migrate(url, { directory })).toEqual(['0002_second']);
    expect(await migrate(url, { directory })).toEqual([]);
  });

  it('keeps semicolons inside a statement', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({
      '0001_first': `CREATE TABLE "a" ("id" TEXT DEFAULT 'x;y'); INSERT INTO "a" VALUES ('p;q');`,
    });
    expect(await migrate(url, { directory })).toEqual(['0001_first']);
  });

  it('refuses to go on from a migration that was interrupted', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({ '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' });
    await migrate(url, { directory });
    const db = await open(url);
    await db.prisma.$executeRaw`UPDATE "_prisma_migrations" SET "finished_at" = NULL`;
    await expect(migrate(url, { directory })).rejects.toThrow(
      /^Migration 0001_first was interrupted\./,
    );
  });

  it('refuses to go on from a migration that was edited since', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({ '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' });
    await migrate(url, { directory });
    await writeMigration(directory, '0001_first', 'CREATE TABLE "a" ("id" TEXT);');
    await expect(migrate(url, { directory })).rejects.toThrow(/0001_first is not the one/);
  });

  it('starts beside migrations of a newer release', async () => {
    const url = await emptyDatabase(provider);
    const first = { '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' };
    await migrate(url, {
      directory: await historyOf({ ...first, '0002_next': 'CREATE TABLE "b" ("id" INTEGER);' }),
    });
    expect(await migrate(url, { directory: await historyOf(first) })).toEqual([]);
  });

  it('gives up waiting for another that migrates', async () => {
    const url = await emptyDatabase(provider);
    const session = await openMigrationSession(parseDatabaseUrl(url));
    cleanups.push(() => session.close());
    expect(await session.tryLock()).toBe(true);
    await expect(migrate(url, { lockTimeoutMs: 200 })).rejects.toThrow(DatabaseError);
  });
});

describe('migrate', () => {
  it('says in one line that a server cannot be reached, without the password', async () => {
    const refused = migrate('postgresql://someone:secret@127.0.0.1:1/accounts');
    await expect(refused).rejects.toThrow(
      /^Cannot use the PostgreSQL database at 127\.0\.0\.1:1\/accounts: connect ECONNREFUSED.*$/,
    );
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  it('says in one line that a file cannot be opened', async () => {
    await expect(migrate('file:/dev/null/test.db')).rejects.toThrow(
      /^Cannot use the SQLite database \/dev\/null\/test\.db: .*$/,
    );
  });

  it('refuses other kinds of database', async () => {
    await expect(migrate('mysql://localhost/accounts')).rejects.toThrow(DatabaseError);
  });

  it('keeps rows that refer to a SQLite table which a migration rebuilds', async () => {
    const url = await emptyDatabase('sqlite');
    const first = {
      '0001_first': `CREATE TABLE "a" ("id" INTEGER PRIMARY KEY);
        CREATE TABLE "b" ("a" INTEGER REFERENCES "a" ("id") ON DELETE CASCADE);
        INSERT INTO "a" VALUES (1); INSERT INTO "b" VALUES (1);`,
    };
    const rebuild = `CREATE TABLE "new_a" ("id" INTEGER PRIMARY KEY, "more" TEXT);
      INSERT INTO "new_a" ("id") SELECT "id" FROM "a"; DROP TABLE "a";
      ALTER TABLE "new_a" RENAME TO "a";`;
    await migrate(url, { directory: await historyOf({ ...first, '0002_rebuild': rebuild }) });
    const db = await open(url);
    expect(await db.prisma.$queryRaw`SELECT "a" FROM "b"`).toEqual([{ a: 1 }]);

    const broken = { ...first, '0002_rebuild': rebuild, '0003_break': 'DELETE FROM "a";' };
    await expect(migrate(url, { directory: await historyOf(broken) })).rejects.toThrow(
      /^Migration 0003_break failed and was undone/,
    );
  });
});

async function emptyDatabase(provider: Provider): Promise<string> {
  const { url, drop } = await createEmptyDatabase(provider);
  cleanups.push(drop);
  return url;
}

async function open(url: string): Promise<Database> {
  const db = await connect({ databaseUrl: url });
  cleanups.push(() => db.close());
  return db;
}

async function appliedNames(url: string): Promise<string[]> {
  const db = await open(url);
  const rows = await db.prisma.$queryRaw<{ migration_name: string }[]>`
    SELECT "migration_name" FROM "_prisma_migrations" ORDER BY "migration_name"`;
  return rows.map((row) => row.migration_name);
}

async function schemaOf(provider: Provider): Promise<string> {
  const file =
    provider === 'sqlite' ? 'prisma/schema.prisma' : 'src/db/generated/postgresql.prisma';
  return readFile(file, 'utf8');
}

async function historyOf(migrations: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vestibule-history-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  for (const [name, sql] of Object.entries(migrations)) await writeMigration(directory, name, sql);
  return directory;
}

async function writeMigration(directory: string, name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

/** Bundles it for processes of their own, which Node runs without vitest. */
async function bundledMigrate(): Promise<string> {
  const out = await mkdtemp(join('node_modules', '.vestibule-test-'));
  bundledTo = out;
  const external = [/^@?\w/];
  const bundle = await rolldown({ input: 'src/db/migrate.ts', external, logLevel: 'warn' });
  await bundle.write({ dir: out, format: 'esm' });
  await bundle.close();
  const module = JSON.stringify(join(process.cwd(), out, 'migrate.js'));
  const directories = JSON.stringify(join(process.cwd(), 'prisma/migrations'));
  return `
    const { migrate } = await import(${module});
    const url = process.argv[1];
    const directory = ${directories} + (url.startsWith('file:') ? '/sqlite' : '/postgresql');
    console.log(JSON.stringify(await migrate(url, { directory })));`;
}
