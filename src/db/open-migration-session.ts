import type { MigrationSession } from './migrate/session.ts';
import type { DatabaseTarget } from './engines/of-url.ts';

/** Opens a database for migrating; creates the file of a SQLite one. */
export async function openMigrationSession(target: DatabaseTarget): Promise<MigrationSession> {
  if (target.provider === 'sqlite') {
    const { openSqliteMigrations } = await import('./engines/sqlite/migrations.ts');
    return openSqliteMigrations(target.file);
  }
  const { openPostgresqlMigrations } = await import('./engines/postgresql/migrations.ts');
  return openPostgresqlMigrations(target.url);
}
