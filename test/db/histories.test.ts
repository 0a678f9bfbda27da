import { describe, expect, it } from 'vitest';
import { migrationFaults } from '../../scripts/migration-rules.ts';
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';

/** The last migration that was made before there was a release whose processes may go on beside it. */
const UNRELEASED = '0016_audit';

describe.each(['sqlite', 'postgresql'] as const)('the migrations of %s', (provider) => {
  it('run in one transaction each, and only add to what the release before uses', async () => {
    const history = await readHistory(historyDirectory(provider));
    expect(history.length).toBeGreaterThan(10);
    for (const { name, sql } of history) {
      const isFree = name <= UNRELEASED;
      expect([name, ...migrationFaults(isFree ? `-- Contracts: it is old\n${sql}` : sql)]).toEqual([
        name,
      ]);
    }
  });
});

describe('the rules of a migration', () => {
  it.each([
    ['BEGIN', 'the transaction'],
    ['CREATE TABLE "a" ("b" TEXT); COMMIT', 'the transaction'],
    ['CREATE INDEX CONCURRENTLY "a_idx" ON "a" ("b")', 'cannot run in a transaction'],
    ['drop index\n concurrently "a_idx"', 'cannot run in a transaction'],
    ['VACUUM', 'cannot run in a transaction'],
    ['PRAGMA journal_mode = WAL', 'no effect'],
    ['CREATE TABLE public."a" ("b" TEXT)', 'names a schema'],
  ])('refuse %j always', (sql, says) => {
    expect(migrationFaults(`-- Contracts: it may\n${sql};`)).toEqual([
      expect.stringContaining(says),
    ]);
  });

  it.each([
    'DROP TABLE "a"',
    'ALTER TABLE "a" DROP COLUMN "b"',
    'ALTER TABLE "a" RENAME COLUMN "b" TO "c"',
    'ALTER TABLE "a" ADD COLUMN "b" TEXT NOT NULL',
    'ALTER TABLE "a" ALTER COLUMN "b" SET NOT NULL',
    'ALTER TABLE "a" ALTER COLUMN "b" SET DATA TYPE BIGINT',
    'CREATE UNIQUE INDEX "a_key" ON "a" ("b")',
    'DROP TYPE "a"',
  ])('refuse %j unless the migration says why the release before does not mind', (sql) => {
    expect(migrationFaults(`${sql};`)).toHaveLength(1);
    expect(migrationFaults(`-- Contracts: nothing reads it since 0.2\n${sql};`)).toEqual([]);
  });

  it.each([
    'CREATE TABLE "a" ("b" TEXT NOT NULL); CREATE UNIQUE INDEX "a_key" ON "a" ("b");',
    `ALTER TABLE "a" ADD COLUMN "b" TEXT NOT NULL DEFAULT 'VACUUM; COMMIT;';`,
    'ALTER TABLE "a" ADD COLUMN "b" TEXT; DROP INDEX "a_idx"; -- COMMIT;',
    'ALTER TABLE "a" ALTER COLUMN "b" DROP NOT NULL;',
    `CREATE FUNCTION "f"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;`,
    'CREATE TRIGGER "t" AFTER INSERT ON "a" BEGIN DELETE FROM "b"; END;',
    `PRAGMA defer_foreign_keys=ON; PRAGMA foreign_keys=OFF;
     CREATE TABLE "new_a" ("b" TEXT); INSERT INTO "new_a" SELECT "b" FROM "a"; DROP TABLE "a";
     ALTER TABLE "new_a" RENAME TO "a"; CREATE UNIQUE INDEX "a_key" ON "a" ("b"); PRAGMA foreign_keys=ON;`,
  ])('let %j be', (sql) => {
    expect(migrationFaults(sql)).toEqual([]);
  });
});
