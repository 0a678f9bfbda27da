import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREVIOUS = 'HEAD^1';

export interface PreviousRelease {
  /** Its `dist/main.js`. */
  readonly script: string;
  readonly remove: () => void;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

/** Whether the commit before this one is here: not in a shallow clone, nor in an archive of the files. */
export function hasPreviousRelease(): boolean {
  return spawnSync('git', ['cat-file', '-e', `${PREVIOUS}^{commit}`]).status === 0;
}

/** Builds the commit before this one in a folder of its own. */
export function buildPreviousRelease(): PreviousRelease {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-previous-'));
  const archive = join(folder, 'release.tar');
  run('git', ['archive', '--output', archive, PREVIOUS], process.cwd());
  run('tar', ['-xf', archive], folder);
  if (hasTheSamePackages(folder))
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  else run('npm', ['ci', '--no-audit', '--no-fund'], folder);
  run(process.execPath, ['scripts/build.mjs'], folder);
  return {
    script: join(folder, 'dist/main.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function hasTheSamePackages(folder: string): boolean {
  const here = packagesOf(process.cwd());
  return Object.entries(packagesOf(folder)).every(
    ([path, { version }]) => path === '' || here[path]?.version === version,
  );
}

function packagesOf(folder: string): Lockfile['packages'] {
  return (JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as Lockfile).packages;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
}
