import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseError } from '../errors.ts';

export type Provider = 'sqlite' | 'postgresql';

/** Where the data is. */
export type DatabaseTarget =
  | { readonly provider: 'sqlite'; readonly file: string }
  | { readonly provider: 'postgresql'; readonly url: string };

/** Reads a database URL: `file:/path/to.db` is SQLite, `postgresql://…` or `postgres://…` PostgreSQL. */
export function parseDatabaseUrl(databaseUrl: string): DatabaseTarget {
  if (/^postgres(ql)?:\/\//.test(databaseUrl)) return { provider: 'postgresql', url: databaseUrl };
  if (databaseUrl.startsWith('file:')) return { provider: 'sqlite', file: filePath(databaseUrl) };
  throw new DatabaseError('The database URL must begin with file: or postgresql://.');
}

function filePath(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return resolve(url.slice('file:'.length));
}
