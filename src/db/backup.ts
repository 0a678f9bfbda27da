import { existsSync } from 'node:fs';
import { DatabaseError } from './errors.ts';

/** Copies a SQLite database into a new file, whole, as it stands at one moment. */
export async function backupSqlite(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw new DatabaseError(`There is no database ${from}.`);
  if (existsSync(to)) throw new DatabaseError(`${to} is there already; name a new file.`);
  const { openSqlite } = await import('./sqlite.ts');
  const connection = openSqlite(from);
  try {
    connection.prepare('VACUUM INTO ?').run([to]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseError(`Cannot write ${to}: ${reason}`, { cause: error });
  } finally {
    connection.close();
  }
}
