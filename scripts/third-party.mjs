// What of others lies in a build: a bill of materials (CycloneDX) for scanners, and the notices that their licences
// ask for, for people.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packagesOf } from './packages.mjs';
import { UNBUNDLED } from './unbundled.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = /^.*node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i;
const MOST_BYTES = 64 * 1024 * 1024;

/** Writes `sbom.cdx.json` and `THIRD-PARTY-NOTICES.txt` of the modules that a bundle holds into a folder. */
export function writeThirdParty(folder, moduleIds) {
  const folders = shippedFolders(moduleIds);
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(billOf(folders), null, 2)}\n`);
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(folders));
}

/** The folders of the packages in the bundle and beside it, by name and version. */
function shippedFolders(moduleIds) {
  const bundled = moduleIds.map((id) => PACKAGE.exec(id)?.[0]).filter((path) => path !== undefined);
  const beside = [...packagesOf(UNBUNDLED)].map((name) => join(root, 'node_modules', name));
  const entries = [...new Set([...bundled, ...beside])].map((path) => {
    const { name, version } = manifestIn(path);
    return [`${name}@${version}`, path];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What npm says of everything that may be installed, cut down to what is shipped. */
function billOf(folders) {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: MOST_BYTES,
  });
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  const bill = JSON.parse(stdout);
  const { name } = manifestIn(root);
  const own = bill.metadata.component['bom-ref'];
  const isShipped = (reference) => folders.has(reference) || reference === own;
  return {
    ...bill,
    metadata: { ...bill.metadata, component: { ...bill.metadata.component, name } },
    components: bill.components.filter((component) => isShipped(component['bom-ref'])),
    dependencies: bill.dependencies
      .filter(({ ref }) => isShipped(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isShipped) })),
  };
}

function noticesOf(folders) {
  const rule = '-'.repeat(78);
  return [...folders]
    .map(([name, path]) => `${rule}\n${name} (${licenceOf(path)})\n\n${licenceTexts(path)}\n`)
    .join('\n');
}

function licenceOf(path) {
  const { license, licenses } = manifestIn(path);
  const named = license ?? licenses?.[0];
  return typeof named === 'string' ? named : (named?.type ?? 'see the text');
}

function licenceTexts(path) {
  const files = readdirSync(path).filter((name) => LICENCE_FILE.test(name));
  const texts = files.map((name) => readFileSync(join(path, name), 'utf8').trim());
  return texts.join('\n\n') || `The package holds no text of its licence; see ${homeOf(path)}.`;
}

function homeOf(path) {
  const { homepage, name, repository } = manifestIn(path);
  const url = typeof repository === 'string' ? repository : repository?.url;
  return homepage ?? url ?? `https://www.npmjs.com/package/${name}`;
}

function manifestIn(path) {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
}
