import { ConfigError } from '../../config/config.ts';
import type { Dialect } from './dialect.ts';
import { dukatia } from './dialects/dukatia.ts';
import { lncrawl } from './dialects/lncrawl.ts';
import { dumb } from './dialects/dumb.ts';
import { qdash } from './dialects/qdash.ts';
import { quazzarOs } from './dialects/quazzar-os.ts';
import { quazzarPanel } from './dialects/quazzar-panel.ts';
import { union } from './dialects/union.ts';

export const DIALECTS: readonly Dialect[] = [
  qdash,
  lncrawl,
  dumb,
  quazzarOs,
  quazzarPanel,
  dukatia,
  union,
];

/** Where a dialect answers. */
export interface Mount {
  readonly dialect: Dialect;
  /** What stands before its documented paths. */
  readonly base: string;
}

/**
 * Every dialect under `/compat/<name>`, and those of `REST_ROOT` at their documented paths as well.
 * Two that would answer the same path stop the start.
 */
export function planMounts(root: readonly string[]): readonly Mount[] {
  const atRoot = root.map((name) => {
    const dialect = DIALECTS.find((candidate) => candidate.name === name);
    if (dialect) return { dialect, base: '' };
    const known = DIALECTS.map((candidate) => candidate.name).join(', ');
    throw new ConfigError([`REST_ROOT names ${JSON.stringify(name)}; there is ${known}`]);
  });
  refuseOverlap(atRoot);
  return [...DIALECTS.map((dialect) => ({ dialect, base: `/compat/${dialect.name}` })), ...atRoot];
}

function refuseOverlap(mounts: readonly Mount[]): void {
  const owners = new Map<string, string>();
  for (const { dialect } of mounts) {
    for (const { method, path } of dialect.rows) {
      const place = `${method} ${path}`;
      const owner = owners.get(place);
      if (owner !== undefined) {
        const both = `${owner} and ${dialect.name}`;
        throw new ConfigError([`REST_ROOT must not name both ${both}: they share ${place}`]);
      }
      owners.set(place, dialect.name);
    }
  }
}
