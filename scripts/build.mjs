// Builds dist/ from src/: both database clients, then one bundle, for a process that finds and compiles
// a thousand files takes a second longer to start. `npm run types` checks the types. `--if-needed` does
// nothing where dist/ is newer than everything it is made of.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeThirdParty } from './third-party.mjs';
import { UNBUNDLED } from './unbundled.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist', 'main.js');

// Not installed: pg asks for it where somebody wants it.
const ABSENT = 'pg-native';
/** The bundle, as the entry before it finds it. */
const SERVER = './main.js';
/** What a worker thread runs. src/adapters finds it beside itself, so it lies beside the chunks. */
const THREAD = 'sha-crypt-thread';
const EXTERNAL = [...UNBUNDLED, ABSENT].map((name) => new RegExp(`^${name}(?:/|$)`));

if (!process.argv.includes('--if-needed') || isStale()) await build();

async function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(join(root, 'scripts', 'prisma-generate.mjs'));
  await bundle();
}

async function bundle() {
  const { rolldown } = await import('rolldown');
  const bundled = await rolldown({
    cwd: root,
    input: { main: 'src/main.ts', cli: 'src/cli.ts', [THREAD]: `src/adapters/${THREAD}.ts` },
    external: EXTERNAL,
    platform: 'node',
    tsconfig: true,
    logLevel: 'warn',
  });
  const { output } = await bundled.write({
    dir: join(root, 'dist'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: ({ name }) => (name === THREAD ? 'chunks/[name].js' : '[name].js'),
    // As deep as src/db and src/adapters, which find the migrations and the lists from where they are.
    chunkFileNames: 'chunks/[name].js',
  });
  await bundled.close();
  await bundleEntry();
  const moduleIds = output.flatMap((chunk) => ('moduleIds' in chunk ? chunk.moduleIds : []));
  writeThirdParty(join(root, 'dist'), moduleIds);
}

/** What has to be CommonJS is one small file, which loads the rest. */
async function bundleEntry() {
  const { rolldown } = await import('rolldown');
  const entry = await rolldown({
    cwd: root,
    input: 'src/main-yielding.ts',
    external: [SERVER],
    platform: 'node',
    tsconfig: true,
    logLevel: 'warn',
  });
  await entry.write({ file: join(root, 'dist', 'main.cjs'), format: 'cjs', sourcemap: true });
  await entry.close();
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function isStale() {
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'scripts/build.mjs',
    'scripts/packages.mjs',
    'scripts/third-party.mjs',
    'scripts/unbundled.mjs',
  ];
  return [...sources, 'prisma/schema.prisma', ...sourceFiles('src')].some(
    (file) => statSync(join(root, file)).mtimeMs > builtAt,
  );
}

function sourceFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('generated'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
