// `npm run bench:memory`: resident memory of the server over 500,000 requests (REQUESTS) of every kind, on
// SQLite, and on PostgreSQL where TEST_POSTGRES_URL names one; writes bench/MEMORY.md.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchDatabase, makePostgresql, makeSqlite } from './database.ts';
import type { ExchangeName } from './load/exchanges.ts';
import { type Load, startLoad } from './measure.ts';
import { residentMib, type Server, startVestibule, stop } from './servers.ts';

const REQUESTS = Number(process.env['REQUESTS'] ?? 500_000);
const USERS = 2_000;
const TENTHS = 10;
/** What a round asks for, and for how many seconds: signing in is dear, so there is little of it. */
const ROUND: readonly (readonly [ExchangeName, number])[] = [
  ['me', 6],
  ['refresh', 2],
  ['users', 1],
  ['login', 1],
];

const serverUrl = process.env['TEST_POSTGRES_URL'];
const lines: string[] = [];
await measure('SQLite', await makeSqlite(newFolder(), USERS));
if (serverUrl !== undefined) await measure('PostgreSQL', await makePostgresql(serverUrl, USERS));
const report = [
  '# Resident memory',
  '',
  `\`npm run bench:memory\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}: MiB ` +
    `after each tenth of ${REQUESTS.toLocaleString('en')} requests (me, refresh, users, login), 16 connections. ` +
    'The first figure is that of the idle server; V8 takes what it likes until it has found its size, so ' +
    'what tells is the second half.',
  '',
  `| | idle | ${Array.from({ length: TENTHS }, (_, tenth) => `${tenth + 1}0 %`).join(' | ')} | last against half |`,
  `| --- | ${'---: | '.repeat(TENTHS + 2)}`.trimEnd(),
  ...lines,
  '',
].join('\n');
process.stdout.write(report);
writeFileSync(new URL('MEMORY.md', import.meta.url), report);

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'vestibule-memory-'));
}

async function measure(name: string, database: BenchDatabase): Promise<void> {
  const load = startLoad();
  const env = { DATABASE_URL: database.url, DATA_DIR: newFolder() };
  const server = await startVestibule(`vestibule, ${name}`, env);
  try {
    const figures = [residentMib(server)];
    for (let answers = 0, tenth = 1; tenth <= TENTHS; tenth++) {
      while (answers < (REQUESTS * tenth) / TENTHS) answers += await runRound(load, server);
      figures.push(residentMib(server));
      process.stderr.write(`${name}: ${answers} requests, ${figures.at(-1)?.toFixed(0)} MiB\n`);
    }
    const growth = (figures.at(-1) ?? Number.NaN) / (figures[TENTHS / 2] ?? Number.NaN);
    const cells = figures.map((mib) => mib.toFixed(0));
    lines.push(`| ${[name, ...cells, growth.toFixed(2)].join(' | ')} |`);
  } finally {
    load.close();
    await stop(server);
    await database.drop();
  }
}

async function runRound(load: Load, server: Server): Promise<number> {
  let answers = 0;
  for (const [exchange, seconds] of ROUND) {
    const order = { target: server.name, url: server.url, exchange, users: USERS, seconds };
    answers += (await load.run({ ...order, connections: 16 })).answers;
  }
  return answers;
}
