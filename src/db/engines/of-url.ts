import { DatabaseError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { postgresql } from './postgresql/engine.ts';
import { sqlite } from './sqlite/engine.ts';

/** The engine of a database URL: `file:/path/to.db` is SQLite, `postgresql://…` or `postgres://…` PostgreSQL. */
export function engineOf(databaseUrl: string): Engine {
  if (/^postgres(ql)?:\/\//.test(databaseUrl)) return postgresql;
  if (databaseUrl.startsWith('file:')) return sqlite;
  throw new DatabaseError('The database URL must begin with file: or postgresql://.');
}
