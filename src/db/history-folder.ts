import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Provider } from './engines/engine.ts';

// The same from src/db and from dist/chunks, so this file stays in src/db.
const migrationsDirectory = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The folder of the migrations for a kind of database. */
export function historyDirectory(provider: Provider): string {
  return join(migrationsDirectory, provider);
}
