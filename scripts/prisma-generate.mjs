// Makes both Prisma clients and the Pothos types from prisma/schema.prisma. Plain JavaScript, because
// it runs before anything is built; quick when nothing changed, because every start calls it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const schemaFile = join(root, 'prisma/schema.prisma');
const generated = join(root, 'src/db/generated');
const stampFile = join(generated, '.stamp');
const outputs = ['sqlite/client.ts', 'postgresql/client.ts', 'pothos.ts'];

/** The PostgreSQL twin of the schema: another provider and folder, and no second set of Pothos types. */
export function postgresqlSchema(schema) {
  return schema
    .replace(/^generator pothos \{[^}]*\}\n+/m, '')
    .replace('"../src/db/generated/sqlite"', '"./postgresql"')
    .replace('provider = "sqlite"', 'provider = "postgresql"');
}

function stampOf(schema) {
  const versions = ['prisma', '@pothos/plugin-prisma'].map(
    (name) => `${name}@${JSON.parse(readFileSync(packageFile(name), 'utf8')).version}`,
  );
  const hash = createHash('sha256').update(schema);
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  return [hash.digest('hex'), ...versions].join(' ');
}

function packageFile(name) {
  return join(root, 'node_modules', name, 'package.json');
}

function isCurrent(stamp) {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === stamp &&
    outputs.every((file) => existsSync(join(generated, file)))
  );
}

function prismaGenerate(file) {
  execFileSync(
    process.execPath,
    [require.resolve('prisma/build/index.js'), 'generate', '--no-hints', '--schema', file],
    {
      cwd: root,
      stdio: 'pipe',
      env: {
        ...process.env,
        // Generating never runs the engine, but without a path to one the CLI downloads it first.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
        PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      },
    },
  );
}

function generate() {
  const schema = readFileSync(schemaFile, 'utf8');
  const stamp = stampOf(schema);
  if (isCurrent(stamp)) return;
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  const derived = join(generated, 'postgresql.prisma');
  writeFileSync(derived, postgresqlSchema(schema));
  prismaGenerate(schemaFile);
  prismaGenerate(derived);
  writeFileSync(stampFile, stamp);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generate();
