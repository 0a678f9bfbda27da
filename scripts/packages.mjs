import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** What package.json of an installed package says; undefined where it is not installed. */
export function manifestOf(name) {
  const file = join(MODULES, name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The packages and all that they depend on, as far as it is installed: what is for other machines is not. */
export function packagesOf(names, found = new Set()) {
  for (const name of names) {
    const manifest = manifestOf(name);
    if (found.has(name) || manifest === undefined) continue;
    found.add(name);
    const { dependencies, optionalDependencies } = manifest;
    packagesOf(Object.keys({ ...dependencies, ...optionalDependencies }), found);
  }
  return found;
}
