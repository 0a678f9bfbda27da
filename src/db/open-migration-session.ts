import type { MigrationSession } from './migration-session.ts';
import type { DatabaseTarget } from './url.ts';

/** Opens a database for migrating; creates the file of a SQLite one. */
export async function openMigrationSession(target: DatabaseTarget): Promise<MigrationSession> {
  if (target.provider === 'sqlite') {
    const { openSqliteMigrations } = await import('./sqlite-migrations.ts');
    return openSqliteMigrations(target.file);
  }
  const { openPostgresqlMigrations } = await import('./postgresql-migrations.ts');
  return openPostgresqlMigrations(target.url);
}
