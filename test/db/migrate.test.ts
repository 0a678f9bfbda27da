import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { engineOf } from '../../src/db/engines/of-url.ts';
import type { Provider } from '../../src/db/engines/engine.ts';
import { VERSION } from '../../src/core/version.ts';
import { providers } from '../support/database.ts';
import { emptyDatabase, historyOf, schemaEngine, writeMigration } from '../support/histories.ts';

const run = promisify(execFile);
let bundledTo: string | undefined;
let bundled: Promise<string> | undefined;

afterAll(async () => {
  if (bundledTo !== undefined) await rm(bundledTo, { recursive: true, force: true });
});

describe.each(providers)('migrate on %s', (provider) => {
  it('gives exactly the schema', async () => {
    const url = await emptyDatabase(provider);
    await migrate(url);

    const schema = await schemaOf(provider);
    const history = await readHistory(historyDirectory(provider));
    const engine = await schemaEngine(url);
    expect(await engine.diff({ history }, { schema })).toBeUndefined();
    expect(await engine.diff('database', { schema })).toBeUndefined();
    expect(
      await engine.diff('database', { schema: schema.replace('  userAgent ', '  agent ') }),
    ).toContain('"agent"');
  });

  it('records migrations as Prisma Migrate does, which finds nothing to do', async () => {
    const history = await readHistory(historyDirectory(provider));
    const [ours, theirs] = [await emptyDatabase(provider), await emptyDatabase(provider)];
    await migrate(ours);
    await (await schemaEngine(theirs)).applyMigrations(history);
    expect(await recordShapes(ours)).toEqual(await recordShapes(theirs));

    const engine = await schemaEngine(ours);
    expect(await engine.diagnose(history)).toMatchObject({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
    expect(await engine.applyMigrations(history)).toEqual([]);
    expect(await migrate(theirs)).toEqual([]);
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

  it('refuses to go on from a migration that was edited since', async () => {
    const url = await emptyDatabase(provider);
    const directory = await historyOf({ '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' });
    await migrate(url, { directory });
    await writeMigration(directory, '0001_first', 'CREATE TABLE "a" ("id" TEXT);');
    await expect(migrate(url, { directory })).rejects.toThrow(/0001_first is not the one/);
  });

  it('refuses a database that a newer release has migrated, unless that is allowed', async () => {
    const url = await emptyDatabase(provider);
    const first = { '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' };
    const next = { '0002_next': 'CREATE TABLE "b" ("id" INTEGER);' };
    await migrate(url, { directory: await historyOf({ ...first, ...next }) });
    const older = { directory: await historyOf(first) };
    await expect(migrate(url, older)).rejects.toThrow(
      /^The database is newer than this release \(Vestibule \S+, up to 0001_first\): it has 0002_next of Vestibule \S+; start the newer release, or .*upgrade\.md/,
    );
    expect(await migrate(url, { ...older, allowNewer: true })).toEqual([]);

    const other = { ...first, '0003_other': 'CREATE TABLE "c" ("id" INTEGER);' };
    const diverged = { directory: await historyOf(other), allowNewer: true };
    await expect(migrate(url, diverged)).rejects.toThrow(
      /^The database is of another release than .*: it has 0002_next of .* and lacks 0003_other;/,
    );
  });

  it('gives the lock back when its process is killed in the middle of a statement', async () => {
    const url = await emptyDatabase(provider);
    const slow =
      provider === 'sqlite'
        ? `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12) SELECT max(i) FROM n;`
        : 'SELECT pg_sleep(600);';
    const directory = await historyOf({
      '0001_first': 'CREATE TABLE "a" ("id" INTEGER);',
      '0002_slow': `CREATE TABLE "b" ("id" INTEGER); ${slow}`,
    });
    const script = await (bundled ??= bundledMigrate());
    const child = spawn(process.execPath, [
      ...['--input-type=module', '-e', script, url, directory],
    ]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const closed = once(child, 'close');
    await expect.poll(() => appliedNames(url), { timeout: 30_000 }).toEqual(['0001_first']);
    child.kill('SIGKILL');
    await closed;
    await writeMigration(directory, '0002_slow', 'CREATE TABLE "b" ("id" INTEGER);');
    expect(await migrate(url, { directory })).toEqual(['0002_slow']);
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

async function open(url: string): Promise<Database> {
  const db = await connect({ databaseUrl: url });
  onTestFinished(() => db.close());
  return db;
}

async function appliedNames(url: string): Promise<string[]> {
  const session = await engineOf(url).migrations(url);
  try {
    return (await session.readRecords()).map((record) => record.migration_name).sort();
  } finally {
    await session.close();
  }
}

/** What a record looks like whatever its times and its id. */
async function recordShapes(url: string): Promise<unknown[]> {
  const db = await open(url);
  const rows = await db.prisma.$queryRaw<Record<string, unknown>[]>`
    SELECT * FROM "_prisma_migrations" ORDER BY "migration_name"`;
  return rows.map(({ id, logs, started_at, finished_at, ...rest }) => {
    expect(logs === null || logs === `applied by Vestibule ${VERSION}`).toBe(true);
    expect(Number(finished_at)).toBeGreaterThanOrEqual(Number(started_at));
    const idShape = String(id).replace(/[0-9a-f]/g, 'x');
    return { ...rest, idShape, times: [kindOf(started_at), kindOf(finished_at)] };
  });
}

function kindOf(value: unknown): string {
  return value instanceof Date ? 'Date' : typeof value;
}

async function schemaOf(provider: Provider): Promise<string> {
  const file =
    provider === 'sqlite' ? 'prisma/schema.prisma' : 'src/db/generated/postgresql.prisma';
  return readFile(file, 'utf8');
}

/** Bundles it for processes of their own, which Node runs without vitest. */
async function bundledMigrate(): Promise<string> {
  const out = await mkdtemp(join('node_modules', '.vestibule-test-'));
  bundledTo = out;
  const external = [/^@?\w/];
  const bundle = await rolldown({ input: 'src/db/migrate/migrate.ts', external, logLevel: 'warn' });
  await bundle.write({ dir: out, format: 'esm' });
  await bundle.close();
  const module = JSON.stringify(join(process.cwd(), out, 'migrate.js'));
  const directories = JSON.stringify(join(process.cwd(), 'prisma/migrations'));
  return `
    const { migrate } = await import(${module});
    const url = process.argv[1];
    const own = ${directories} + (url.startsWith('file:') ? '/sqlite' : '/postgresql');
    const directory = process.argv[2] ?? own;
    console.log(JSON.stringify(await migrate(url, { directory })));`;
}
