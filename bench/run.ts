// `npm run bench`: measures this machine beside its ceilings and writes bench/RESULTS.md. `--quick` takes
// a fifth of the time; `--only me,login` runs some of the jobs; `--peers` measures other servers of this
// kind beside it, which are installed into bench/peers from the registry.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchDatabase, makeEmptyPostgresql, makePostgresql, makeSqlite } from './database.ts';
import { isPeerExchange } from './load/peers.ts';
import { compare, type Contestant, median, percentile, startLoad } from './measure.ts';
import { renderChart } from './chart.ts';
import { installPeers, startPeer } from './peers.ts';
import { renderReport, type Section } from './report.ts';
import { measureRevocation } from './revocation.ts';
import { residentMib, type Server, startTarget, startVestibule, stop } from './servers.ts';

const USERS = 10_000;
const withPeers = process.argv.includes('--peers');
const isQuick = process.argv.includes('--quick');
const only = process.argv[process.argv.indexOf('--only') + 1];
const wanted = (job: string) =>
  !process.argv.includes('--only') || (only ?? '').split(',').includes(job);
const plan = { rounds: isQuick ? 2 : 7, seconds: isQuick ? 1 : 2, users: USERS };
const serverUrl = process.env['TEST_POSTGRES_URL'];

const build = spawnSync(process.execPath, ['scripts/build.mjs', '--if-needed'], {
  stdio: 'inherit',
});
if (build.status !== 0) process.exit(1);

const servers: Server[] = [];
const databases: BenchDatabase[] = [];
const load = startLoad();
try {
  const sections = await measureAll();
  const report = renderReport(sections, {
    isQuick,
    withPeers,
    rounds: plan.rounds,
    seconds: plan.seconds,
  });
  process.stdout.write(report);
  if (!isQuick && !process.argv.includes('--only')) {
    writeFileSync(new URL('RESULTS.md', import.meta.url), report);
    writeFileSync(new URL('RESULTS.svg', import.meta.url), renderChart(sections));
  }
} finally {
  load.close();
  await Promise.all(servers.map(stop));
  for (const database of databases) await database.drop();
}

async function measureAll(): Promise<readonly Section[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-bench-'));
  const sqlite = await makeSqlite(folder, USERS);
  databases.push(sqlite);
  const env = { DATABASE_URL: sqlite.url, DATA_DIR: folder };
  const sections: Section[] = [await measureStart(env)];

  const yoga = await keep(startTarget('yoga'));
  const vestibule = await keep(startVestibule('vestibule, SQLite', env));
  const ours: Server[] = [vestibule];
  if (serverUrl !== undefined) {
    const postgresql = await makePostgresql(serverUrl, USERS);
    databases.push(postgresql);
    const shared = { DATABASE_URL: postgresql.url };
    ours.push(await keep(startVestibule('vestibule, PostgreSQL', shared)));
    if (wanted('revocation')) {
      const other = await keep(startVestibule('vestibule, second process', shared));
      sections.push(await measureSpread(ours[1] as Server, other));
    }
  }
  const peers: Server[] = [];
  for (const name of withPeers ? installPeers() : []) {
    if (serverUrl === undefined) throw new Error('TEST_POSTGRES_URL must name a server for peers.');
    const database = await makeEmptyPostgresql(serverUrl);
    databases.push(database);
    peers.push(await keep(startPeer(name, { databaseUrl: database.url, users: USERS })));
  }
  const base: Contestant = { server: yoga, exchange: 'typename' };
  const each = (exchange: 'me' | 'refresh' | 'users' | 'login') => [
    ...ours.map((server): Contestant => ({ server, exchange })),
    ...peers.flatMap((server): Contestant[] => {
      const own = `${server.name} ${exchange}`;
      return isPeerExchange(own) ? [{ server, exchange: own }] : [];
    }),
  ];
  const add = async (title: string, goal: string, contestants: readonly Contestant[]) => {
    process.stderr.write(`measuring ${title}\n`);
    sections.push({ title, goal, results: await compare(load, contestants, plan) });
  };

  if (wanted('me')) {
    const node = await keep(startTarget('node-http'));
    const graphqlJs = await keep(startTarget('graphql-js'));
    await add('me', 'at least 3.0 of the base, 0.5 of graphql-js', [
      base,
      { server: node, exchange: 'fixed' },
      { server: graphqlJs, exchange: 'fixed' },
      ...each('me'),
    ]);
  }
  if (wanted('refresh'))
    await add('refresh', 'at least 0.5 of the base', [base, ...each('refresh')]);
  if (wanted('users')) {
    await add('users: 50 of 10,000', 'at least 0.45 of the base', [base, ...each('users')]);
  }
  if (wanted('login')) {
    const ceilings: Contestant[] = [];
    for (const LIBRARY of ['@node-rs/argon2', 'argon2']) {
      const env = { UV_THREADPOOL_SIZE: '2', LIBRARY };
      const server = await keep(startTarget('argon2', env, LIBRARY));
      ceilings.push({ server, exchange: 'fixed' });
    }
    await add('login', 'at least 0.95 of the hashing alone', [...ceilings, ...each('login')]);
    sections.push(await measureFlood(ours));
  }
  return sections;
}

async function keep(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  servers.push(server);
  return server;
}

async function measureStart(env: Record<string, string>): Promise<Section> {
  const starts: number[] = [];
  let idle = 0;
  for (let i = 0; i < 3; i++) {
    const server = await startVestibule('vestibule', env);
    starts.push(server.startMs);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    idle = residentMib(server);
    await stop(server);
  }
  return {
    title: 'start and memory',
    goal: 'first answer within 3 s, at most 150 MiB idle',
    lines: [
      `first answer after ${(median(starts) / 1000).toFixed(2)} s`,
      `resident when idle: ${idle.toFixed(0)} MiB`,
    ],
  };
}

/** Whoami while sign-ins take every hash there is, against the same when idle, in turn. */
async function measureFlood(flooded: readonly Server[]): Promise<Section> {
  const lines: string[] = [];
  for (const server of flooded) lines.push(await measureFloodOf(server));
  return {
    title: 'me under a flood of logins',
    goal: 'p99 below 5 times that of an idle server',
    lines,
  };
}

async function measureFloodOf({ name, url }: Server): Promise<string> {
  const order = { target: name, url, exchange: 'me', users: USERS } as const;
  const beside = { exchange: 'login', connections: 32 } as const;
  const rounds: { readonly idle: number; readonly flooded: number }[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const alone = { ...order, connections: 2, seconds: plan.seconds };
    const idle = percentile((await load.run(alone)).latencies, 0.99);
    const flooded = percentile((await load.run({ ...alone, beside })).latencies, 0.99);
    rounds.push({ idle, flooded });
  }
  const ratios = rounds.map(({ idle, flooded }) => flooded / idle);
  const before = median(rounds.map(({ idle }) => idle));
  const during = median(rounds.map(({ flooded }) => flooded));
  return (
    `${name}: p99 idle ${before.toFixed(2)} ms, flooded ${during.toFixed(2)} ms: ` +
    `${median(ratios).toFixed(1)} times (${Math.min(...ratios).toFixed(1)}–${Math.max(...ratios).toFixed(1)})`
  );
}

async function measureSpread(one: Server, two: Server): Promise<Section> {
  const spans = await measureRevocation(one, two, isQuick ? 20 : 200);
  return {
    title: 'signed out on one process, refused on the other (PostgreSQL)',
    goal: 'p99 below 100 ms',
    lines: [
      `p50 ${percentile(spans, 0.5).toFixed(1)} ms, p99 ${percentile(spans, 0.99).toFixed(1)} ms, ` +
        `longest ${(spans.at(-1) ?? 0).toFixed(1)} ms of ${spans.length}`,
    ],
  };
}
