// The drill of a rolling restart: three servers on PostgreSQL behind nginx, HAProxy and Caddy, each as
// docs/operate/install.md configures it, restarted one after the other while clients ask, write and listen
// through the proxy. Counts what failed. Writes its figures into docs/operate/faults.md.
// Needs Debian's packages of the three proxies and, in TEST_POSTGRES_URL, a PostgreSQL server where databases
// may be made: `npm run drill:rolling-restart -- [rounds] [SHUTDOWN_DELAY_SECONDS]`.
import build from '../test/support/build.ts';
import { isInstalled, PROXIES } from '../test/support/proxies.ts';
import { type Outcome, restartUnderLoad } from '../test/support/rolling-restart.ts';
import { writeFigures } from './figures.ts';

const rounds = Number(process.argv[2] ?? 1);
const DEFAULT_DELAY_SECONDS = 10;
const delaySeconds = Number(process.argv[3] ?? DEFAULT_DELAY_SECONDS);
const PROCESSES = 3;

function row(outcomes: readonly Outcome[]): string {
  const { proxy } = outcomes[0]!;
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + of(one), 0);
  const most = (of: (outcome: Outcome) => number) =>
    (Math.max(...outcomes.map(of)) / 1000).toFixed(1);
  const failed = sum(({ seen }) => [...seen.failures.values()].reduce((all, one) => all + one, 0));
  const requests = sum(({ seen }) => seen.requests).toLocaleString('en');
  const ends = sum(({ seen }) => seen.ends.length);
  const saw = `${failed} of ${requests} requests failed; ${ends} subscriptions were told to come back`;
  const after = `${most(({ seen }) => seen.longestGap)} s without a subscription; a stop took ${most(({ longestStop }) => longestStop)} s`;
  const stops = `${PROCESSES * outcomes.length} restarts behind ${proxy}`;
  return `| ${stops} | ${saw} | ${after} | ${failed === 0 ? 'nothing' : `${failed} answers`} |\n`;
}

build();
let rows = '';
for (const proxy of PROXIES) {
  if (!isInstalled(proxy)) throw new Error(`${proxy} is not installed`);
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    const [outcome] = await restartUnderLoad([proxy], {
      processes: PROCESSES,
      restarts: PROCESSES,
      delaySeconds,
      isHasty: false,
      settleMs: 5000,
      aroundMs: 3000,
    });
    outcomes.push(outcome!);
    for (const [failure, count] of outcome!.seen.failures) {
      process.stdout.write(`${proxy}: ${count} × ${failure}\n`);
      process.exitCode = 1;
    }
  }
  const written = row(outcomes);
  process.stdout.write(written);
  rows += written;
}
if (delaySeconds === DEFAULT_DELAY_SECONDS) {
  writeFigures(
    'docs/operate/faults.md',
    'rolling-restart',
    `| Fault | What clients saw | Recovered by itself after | Lost |\n| --- | --- | --- | --- |\n${rows}`,
  );
}
