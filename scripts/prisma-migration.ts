// Writes the next migration of both histories: what leads from the history to the schema. The
// PostgreSQL half replays its history in a scratch database, so it needs a server it may create one on.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { readHistory } from '../src/db/migrate/history.ts';
import { historyDirectory } from '../src/db/history-folder.ts';
import type { Provider } from '../src/db/engines/engine.ts';
import { migrationFaults } from './migration-rules.ts';
import { postgresqlSchemaAdapter } from './postgresql-schema.ts';
import { postgresqlSchema } from './prisma-generate.mjs';
import { openSchemaEngine } from './schema-engine.ts';
import { sqliteSchemaAdapter } from './sqlite-schema.ts';

const serverUrl = process.env['TEST_POSTGRES_URL'];
const what = process.argv.slice(2).join('_').toLowerCase();
if (!/^[a-z0-9_]+$/.test(what)) fail('usage: npm run migration -- <what_it_does>');
if (serverUrl === undefined) fail('TEST_POSTGRES_URL must name a PostgreSQL server.');

const file = fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url));
const schema = readFileSync(file, 'utf8');

const next = [
  await nextMigration('sqlite', schema, sqliteSchemaAdapter(':memory:')),
  await nextMigration('postgresql', postgresqlSchema(schema), postgresqlSchemaAdapter(serverUrl)),
];
if (next.every(({ sql }) => sql === undefined)) fail('The histories give the schema already.');
const number = Math.max(...next.map(({ last }) => last)) + 1;
const name = `${String(number).padStart(4, '0')}_${what}`;
for (const { directory, sql } of next) {
  const folder = join(directory, name);
  if (existsSync(folder)) fail(`${folder} exists.`);
  mkdirSync(folder, { recursive: true });
  const migration = join(folder, 'migration.sql');
  writeFileSync(migration, `${sql?.trim() ?? '-- Nothing to do here.'}\n`);
  console.log(migration);
  for (const fault of migrationFaults(sql ?? '')) console.error(`  ${fault}`);
}

interface NextMigration {
  readonly directory: string;
  /** The number of the last migration there is. */
  readonly last: number;
  readonly sql: string | undefined;
}

async function nextMigration(
  provider: Provider,
  target: string,
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<NextMigration> {
  const directory = historyDirectory(provider);
  mkdirSync(directory, { recursive: true });
  const history = await readHistory(directory);
  const engine = await openSchemaEngine(provider, adapter);
  try {
    const sql = await engine.diff({ history }, { schema: target });
    return { directory, last: parseInt(history.at(-1)?.name ?? '0', 10), sql };
  } finally {
    await engine.close();
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
