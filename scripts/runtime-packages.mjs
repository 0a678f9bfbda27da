// Copies into a folder what dist/ needs of node_modules: the packages that are not in the bundle and what
// those depend on, without what never runs. `npm ci --omit=dev` also installs what the bundle holds already
// and the tools that Prisma's client names as its peers.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packagesOf } from './packages.mjs';
import { UNBUNDLED } from './unbundled.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: runtime-packages.mjs <folder>');

const NEVER_RUN = [
  /\.map$/,
  /\.d\.[cm]?ts$/,
  // Debian's C library is the GNU one.
  /\/@libsql\/[^/]*-musl/,
  // Of each database in two sizes, as two kinds of module; the generated clients import two of the forty.
  /\/query_compiler_(?!small_bg\.(?:sqlite|postgresql)\.(?:wasm-base64\.)?mjs$)/,
];

for (const name of packagesOf(UNBUNDLED)) {
  cpSync(join(root, 'node_modules', name), join(target, name), {
    recursive: true,
    filter: (path) => !NEVER_RUN.some((pattern) => pattern.test(path)),
  });
}
