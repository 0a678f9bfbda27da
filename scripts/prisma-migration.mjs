// Writes the next migration of both histories: what leads from the history to the schema. The
// PostgreSQL half replays its history in a scratch database, so it needs a server it may create one on.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyDirectory, readHistory } from '../dist/db/migrations.js';
import { openSchemaEngine } from '../dist/db/schema-engine.js';
import { postgresqlSchemaAdapter } from '../dist/db/postgresql-schema.js';
import { sqliteAdapter } from '../dist/db/sqlite.js';
import { postgresqlSchema } from './prisma-generate.mjs';

const serverUrl = process.env.TEST_POSTGRES_URL;
const what = process.argv.slice(2).join('_').toLowerCase();
if (!/^[a-z0-9_]+$/.test(what)) fail('usage: npm run migration -- <what_it_does>');
if (serverUrl === undefined) fail('TEST_POSTGRES_URL must name a PostgreSQL server.');

const schemaFile = fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url));
const schema = readFileSync(schemaFile, 'utf8');
const providers = [
  { provider: 'sqlite', schema, adapter: sqliteAdapter(':memory:') },
  {
    provider: 'postgresql',
    schema: postgresqlSchema(schema),
    adapter: postgresqlSchemaAdapter(serverUrl),
  },
];

const scripts = await Promise.all(providers.map(nextMigration));
if (scripts.every(({ sql }) => sql === undefined)) fail('The histories give the schema already.');
const number = Math.max(...scripts.map(({ length }) => length)) + 1;
const name = `${String(number).padStart(4, '0')}_${what}`;
for (const { directory, sql } of scripts) {
  const folder = join(directory, name);
  if (existsSync(folder)) fail(`${folder} exists.`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'migration.sql'), `${sql?.trim() ?? '-- Nothing to do here.'}\n`);
  console.log(join(folder, 'migration.sql'));
}

async function nextMigration({ provider, schema: target, adapter }) {
  const directory = historyDirectory(provider);
  mkdirSync(directory, { recursive: true });
  const history = await readHistory(directory);
  const engine = await openSchemaEngine(provider, adapter);
  try {
    const sql = await engine.diff({ history }, { schema: target });
    return { directory, sql, length: history.length };
  } finally {
    await engine.close();
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
