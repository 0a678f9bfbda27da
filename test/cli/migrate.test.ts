import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { VERSION } from '../../src/core/version.ts';
import { cli } from '../support/cli.ts';
import { providers } from '../support/database.ts';
import { emptyDatabase } from '../support/histories.ts';
import { INSTALLATION, temporaryFolder } from '../support/process.ts';

const UP_TO_DATE = { code: 0, output: 'the database is up to date\n', errors: '' };

async function installation(provider: (typeof providers)[number]) {
  // Not one that is given to other tests later: its records are changed.
  const url = await emptyDatabase(provider);
  await migrate(url);
  const db = await connect({ databaseUrl: url });
  onTestFinished(() => db.close());
  const { SECRET_KEY } = INSTALLATION;
  return { db, env: { DATABASE_URL: url, DATA_DIR: temporaryFolder(), SECRET_KEY } };
}

describe.each(providers)('vestibule migrate on %s', (provider) => {
  it('names a newer release, as a start does that refuses, and goes back by a setting', async () => {
    const { db, env } = await installation(provider);
    const last = await lastMigration(db);
    await db.prisma.$executeRaw`
      INSERT INTO "_prisma_migrations" ("id", "migration_name", "checksum", "logs", "started_at", "finished_at")
      SELECT 'newer', '9999_later', 'x', 'applied by Vestibule 9.0.0', "started_at", "finished_at"
      FROM "_prisma_migrations" WHERE "migration_name" = ${last}`;

    expect(await cli(env, ['migrate', 'status'])).toEqual({
      code: 1,
      output: 'newer 9999_later of Vestibule 9.0.0\n',
      errors: '',
    });
    const errors =
      `The database is newer than this release (Vestibule ${VERSION}, up to ${last}): it has 9999_later of ` +
      'Vestibule 9.0.0; start the newer release, or go back as docs/operate/upgrade.md says.';
    for (const command of [['serve'], ['migrate', 'apply'], ['user', 'list']]) {
      expect(await cli(env, command)).toEqual({ code: 2, output: '', errors });
    }
    expect((await cli(env, ['doctor'])).output).toContain(`FAIL  ${errors}`);

    const back = { ...env, ALLOW_NEWER_DATABASE: 'true' };
    expect((await cli(back, ['migrate', 'status'])).code).toBe(0);
    expect((await cli(back, ['user', 'list'])).code).toBe(0);
    expect((await cli(back, ['doctor'])).output).not.toContain('FAIL');
  });

  it('asks an operator for what became of a migration, in the words of the command', async () => {
    const { db, env } = await installation(provider);
    const last = await lastMigration(db);
    await db.prisma.$executeRaw`
      UPDATE "_prisma_migrations" SET "finished_at" = NULL, "applied_steps_count" = 0, "checksum" = 'x'
      WHERE "migration_name" = ${last}`;
    expect(await cli(env, ['migrate', 'status'])).toMatchObject({
      code: 1,
      output: `interrupted ${last}\n`,
    });
    const { code, errors } = await cli(env, ['serve']);
    expect(code).toBe(2);
    const [applied = '', rolledBack = ''] = errors.match(/(?<=")vestibule [^"]+/g) ?? [];
    expect(rolledBack).toBe(`vestibule migrate resolve --rolled-back ${last}`);
    expect(await cli(env, applied.split(' ').slice(1))).toMatchObject({
      code: 0,
      output: `recorded ${last} as applied\n`,
    });
    expect(await cli(env, ['migrate', 'status'])).toEqual(UP_TO_DATE);
    expect(await cli(env, applied.split(' ').slice(1))).toMatchObject({
      code: 2,
      errors: `No migration ${last} was interrupted.`,
    });
  });

  it('wants to be told one of the two', async () => {
    const { env } = await installation(provider);
    for (const args of [[], ['--applied', 'a', '--rolled-back', 'a']]) {
      const { code, errors } = await cli(env, ['migrate', 'resolve', ...args]);
      expect(code).toBe(2);
      expect(errors).toMatch(/^usage: vestibule migrate resolve/);
    }
    expect(await cli(env, ['migrate', 'status'])).toEqual(UP_TO_DATE);
  });
});

async function lastMigration(db: Database): Promise<string> {
  const rows = await db.prisma.$queryRaw<{ name: string }[]>`
    SELECT max("migration_name") AS "name" FROM "_prisma_migrations"`;
  return rows[0]!.name;
}
