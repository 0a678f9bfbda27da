// The drill of the alerts: each rule of docs/operate/alerts.yaml, with minutes cut to seconds, is held
// against the fault that it names. Writes its table of docs/operate/faults.md. Needs Debian's prometheus
// and postgresql-15: `npm run drill:alerts`, or `npm run drill:alerts -- VestibuleDeaf` for one.
import { setTimeout as sleep } from 'node:timers/promises';
import { BENCH_PASSWORD as PASSWORD } from '../bench/people.ts';
import build from '../test/support/build.ts';
import { type LoneServer, startLoneServer } from '../test/support/cluster.ts';
import { SETUP } from '../test/support/documents.ts';
import { INSTALLATION, startProcess } from '../test/support/process.ts';
import { type AlertFault, FAULTS } from './alerts/faults.ts';
import { type Prometheus, startPrometheus } from './alerts/prometheus.ts';
import { graphql } from './faults/watch.ts';
import { writeFigures } from './figures.ts';

/** Of the metrics that are read of the database every 15 seconds, and of a rate over 20. */
const EVERY_MS = 100;
let count = 0;

/** Makes a fault. @returns its row of the table */
async function tryAlert(fault: AlertFault, database: LoneServer, prometheus: Prometheus) {
  const name = `vestibule_${(count += 1)}`;
  await database.query(`CREATE DATABASE ${name}`);
  const databaseUrl = database.urlOf(name);
  const env = (await fault.env?.(databaseUrl)) ?? {};
  const server = await startProcess({
    ...INSTALLATION,
    DATABASE_URL: databaseUrl,
    METRICS: 'on',
    ...env,
  });
  const mends: (() => unknown)[] = [() => server.stop('SIGKILL')];
  const over = new AbortController();
  const host = new URL(server.url).host;
  try {
    await graphql(server.url, SETUP, { input: { username: 'admin', password: PASSWORD } });
    await prometheus.scrape([host]);
    await sleep(2000);
    const before = await prometheus.firing();
    await fault.happen({
      database,
      name,
      process: server,
      after: (mend) => void mends.unshift(mend),
      scrapeToo: (other) => prometheus.scrape([host, other]),
      repeat: (work, everyMs = EVERY_MS) => {
        const go = async () => {
          while (!over.signal.aborted) {
            await work().catch(() => undefined);
            await sleep(everyMs);
          }
        };
        const going = go();
        mends.push(() => going);
      },
    });
    const seconds = await prometheus.fires(fault.alert);
    const isNews = fault.alert === 'VestibuleMemory' || !before.includes(fault.alert);
    const fired = seconds !== undefined && isNews;
    if (!fired) complain(fault.alert);
    return `| ${fault.alert} | ${fault.fault} | ${fired ? `${seconds.toFixed(0)} s` : 'not at all'} |\n`;
  } finally {
    over.abort();
    for (const mend of mends) await mend();
    await prometheus.scrape([]);
  }
}

function complain(alert: string): void {
  process.exitCode = 1;
  process.stderr.write(`${alert} did not fire\n`);
}

build();
const only = process.argv.slice(2);
const rows: string[] = [];
const [database, prometheus] = [await startLoneServer(), await startPrometheus()];
try {
  for (const fault of FAULTS) {
    if (only.length > 0 && !only.includes(fault.alert)) continue;
    const row = await tryAlert(fault, database, prometheus);
    process.stdout.write(row);
    rows.push(row);
  }
} finally {
  await prometheus.close();
  await database.close();
}
if (only.length === 0) {
  const head = '| Alert | Fault | It fires after |\n| --- | --- | ---: |\n';
  writeFigures('docs/operate/faults.md', 'alerts', head + rows.join(''));
}
