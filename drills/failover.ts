// The failover drill: a primary and a synchronous standby of PostgreSQL behind HAProxy, two servers under
// load, the primary killed with SIGKILL and the standby promoted. Measures how long nobody is answered,
// and whether anything that was answered is gone. Writes the table of docs/operate/failover.md.
// Needs Debian's postgresql-15 and haproxy: `npm run drill:failover -- [rounds]`.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import build from '../test/support/build.ts';
import { startCluster } from '../test/support/cluster.ts';
import { startHaproxy } from '../test/support/haproxy.ts';
import { CLI, INSTALLATION, startProcess } from '../test/support/process.ts';
import { writeFigures } from './figures.ts';
import { lossesIn } from './failover/losses.ts';
import { startLoad } from './failover/load.ts';

const rounds = Number(process.argv[2] ?? 3);
const LOAD_MS = 5_000;
const WATCH_MS = 500;
const GIVE_UP_MS = 60_000;

interface Outcome {
  readonly promotedMs: number;
  readonly backMs: number;
  readonly kept: number;
  readonly asked: number;
  readonly losses: readonly string[];
}

async function drill(): Promise<Outcome> {
  const cluster = await startCluster();
  const { primary, standby } = cluster;
  const balancer = await startHaproxy([primary.port, standby.port]);
  const servers: Awaited<ReturnType<typeof startProcess>>[] = [];
  try {
    await primary.query('CREATE DATABASE vestibule');
    const env = {
      ...INSTALLATION,
      DATABASE_URL: balancer.urlOf('vestibule'),
      // One person signs in all the time; a session that ends for being one too many is not lost.
      SESSIONS_PER_USER: '10000',
    };
    servers.push(...(await Promise.all([startProcess(env), startProcess(env)])));
    const urls = servers.map(({ url }) => url);
    const load = await startLoad(urls);
    await sleep(LOAD_MS);

    const killedAt = performance.now();
    await primary.kill();
    // What watches a cluster asks a few times before it believes that a primary is gone.
    for (let missed = 0; missed < 2; missed++) {
      await sleep(WATCH_MS);
      if (await answers(() => primary.query('SELECT'))) throw new Error('the primary lives');
    }
    await standby.query('SELECT pg_promote()');
    const promotedMs = performance.now() - killedAt;

    const backAt = () => load.clients.map((client) => client.firstAnswerAfter(killedAt));
    while (backAt().includes(undefined) && load.acknowledged.wrongs.length === 0) {
      if (performance.now() - killedAt > GIVE_UP_MS) throw new Error('nobody is answered again');
      await sleep(50);
    }
    const backMs = Math.max(...backAt().map((moment) => (moment ?? Infinity) - killedAt));
    await sleep(LOAD_MS);
    await load.stop();

    const { acknowledged } = load;
    const { accounts, signIns, signOuts, refreshed } = acknowledged;
    const promoted = standby.urlOf('vestibule');
    const losses = await lossesIn(promoted, urls[0]!, acknowledged);
    return {
      promotedMs,
      backMs,
      kept: accounts.length + signIns.length + signOuts.length + refreshed,
      asked: load.failures(),
      losses: [...losses, ...auditFaults({ ...env, DATABASE_URL: promoted })],
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await balancer.close();
    await cluster.close();
  }
}

function auditFaults(env: Readonly<Record<string, string>>): readonly string[] {
  const { status, stdout } = spawnSync(process.execPath, [CLI, 'audit', 'verify'], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`the audit chain: ${stdout}`];
}

function answers(ask: () => Promise<unknown>): Promise<boolean> {
  return ask().then(
    () => true,
    () => false,
  );
}

build();
const rows: string[] = [];
for (let round = 1; round <= rounds; round++) {
  const { promotedMs, backMs, kept, asked, losses } = await drill();
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const row = `| ${round} | ${seconds(promotedMs)} | ${seconds(backMs)} | ${kept} | ${asked} | ${losses.length} |\n`;
  process.stdout.write(row);
  for (const loss of losses) process.stdout.write(`lost: ${loss}\n`);
  if (losses.length > 0) process.exitCode = 1;
  rows.push(row);
}
const HEAD = `
| Round | Promoted after, s | All clients answered after, s | Acknowledged | Asked again | Lost |
| ---: | ---: | ---: | ---: | ---: | ---: |
`;
writeFigures('docs/operate/failover.md', 'failover', HEAD + rows.join(''));
