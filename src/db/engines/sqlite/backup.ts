import { existsSync, rmSync } from 'node:fs';
import { makePrivateFile } from '../../../adapters/private-files.ts';
import { DatabaseError } from '../../errors.ts';

/** Copies a SQLite database into a new file for its owner only, whole, as it stands at one moment. */
export async function backupSqlite(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw new DatabaseError(`There is no database ${from}.`);
  if (!makeFile(to)) throw new DatabaseError(`${to} is there already; name a new file.`);
  const { openSqlite } = await import('./database.ts');
  const connection = openSqlite(from);
  try {
    // SQLite fills a file that is there and empty.
    connection.prepare('VACUUM INTO ?').run([to]);
  } catch (error) {
    rmSync(to, { force: true });
    throw cannotWrite(to, error);
  } finally {
    connection.close();
  }
}

function makeFile(to: string): boolean {
  try {
    return makePrivateFile(to);
  } catch (error) {
    throw cannotWrite(to, error);
  }
}

function cannotWrite(to: string, error: unknown): DatabaseError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DatabaseError(`Cannot write ${to}: ${reason}`, { cause: error });
}
