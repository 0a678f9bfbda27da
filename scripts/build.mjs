// Builds dist/ from src/: both database clients, then the compiler. `--if-needed` does nothing where
// dist/ is newer than everything it is made of.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist', 'main.js');

if (!process.argv.includes('--if-needed') || isStale()) build();

function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(join(root, 'scripts', 'prisma-generate.mjs'));
  run(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
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
  const sources = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  return [...sources, 'prisma/schema.prisma', ...sourceFiles('src')].some(
    (file) => statSync(join(root, file)).mtimeMs > builtAt,
  );
}

function sourceFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('generated'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
