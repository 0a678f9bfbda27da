import { setTimeout as sleep } from 'node:timers/promises';
import { INSTALLATION, startProcess } from '../../test/support/process.ts';
import { lossesIn } from '../failover/losses.ts';
import { startLoad } from '../failover/load.ts';
import { writeFigures } from '../figures.ts';
import { type Watch, watchAll } from './watch.ts';

const PAGE = 'docs/operate/faults.md';
const BEFORE_MS = 3_000;
const AFTER_MS = 5_000;
/** How long after the last failure everything counts as recovered. */
const QUIET_MS = 3_000;
const GIVE_UP_MS = 60_000;

export interface Fault {
  readonly name: string;
  readonly databaseUrl: string;
  /**
   * Makes the fault, and mends it unless that is for the server itself. Answers from when on the recovery
   * counts, and more who were watched.
   */
  readonly happen: (url: string) => Promise<{
    readonly from: number;
    readonly watches?: readonly Watch[];
  }>;
}

/** Lets a fault happen to a server under load; answers its row of the table. */
export async function drill({ name, databaseUrl, happen }: Fault): Promise<string> {
  const server = await startProcess({
    ...INSTALLATION,
    DATABASE_URL: databaseUrl,
    SESSIONS_PER_USER: '10000',
  });
  try {
    const load = await startLoad([server.url]);
    const common = await watchAll(server.url);
    await sleep(BEFORE_MS);
    const { from, watches: more = [] } = await happen(server.url);
    const watches = [...common, ...more];
    const lastFailureAt = () =>
      Math.max(0, load.lastFailureAt() ?? 0, ...watches.map((one) => one.lastFailureAt() ?? 0));
    while (performance.now() - Math.max(from, lastFailureAt()) < QUIET_MS) {
      if (performance.now() - from > GIVE_UP_MS) throw new Error(`${name}: it does not recover`);
      await sleep(100);
    }
    await sleep(AFTER_MS - QUIET_MS);
    await Promise.all([load.stop(), ...watches.map((one) => one.stop())]);
    const losses = await lossesIn(databaseUrl, server.url, load.acknowledged);
    for (const loss of losses) process.stdout.write(`lost: ${loss}\n`);
    if (losses.length > 0) process.exitCode = 1;
    const seconds = Math.max(0, lastFailureAt() - from) / 1000;
    const row = `| ${name} | ${sightings(watches, load.failures())} | ${seconds.toFixed(1)} s | ${losses.length} |\n`;
    process.stdout.write(row);
    return row;
  } finally {
    await server.stop('SIGKILL');
  }
}

/** Writes the rows of a drill into its section. */
export function writeRows(name: string, rows: readonly string[]): void {
  const head = `
| Fault | What clients saw | Recovered by itself after | Lost |
| --- | --- | --- | ---: |
`;
  writeFigures(PAGE, name, head + rows.join(''));
}

/** What those saw who asked the same. */
function sighting(watches: readonly Watch[]): string {
  const counts = new Map<string, number>();
  for (const { failed } of watches) {
    for (const [fault, count] of failed) counts.set(fault, (counts.get(fault) ?? 0) + count);
  }
  const all = [...counts].map(([fault, count]) => `${count} × ${fault}`).join(', ');
  const longest = Math.max(...watches.map(({ longestMs }) => longestMs()));
  return `\`${watches[0]?.name}\`: ${all} (longest ${(longest / 1000).toFixed(1)} s)`;
}

function sightings(watches: readonly Watch[], askedAgain: number): string {
  const names = [...new Set(watches.map(({ name }) => name))];
  const isWhole = (name: string) =>
    watches.every((one) => one.name !== name || one.failed.size === 0);
  const whole = names.filter(isWhole).map((name) => `\`${name}\``);
  const parts = names
    .filter((name) => !isWhole(name))
    .map((name) => sighting(watches.filter((one) => one.name === name)));
  if (whole.length > 0) parts.push(`no failure of ${whole.join(', ')}`);
  return [...parts, `${askedAgain} other writes asked again`].join('; ');
}
