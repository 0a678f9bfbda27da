import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/process.ts';

const PROGRAM = '/usr/bin/prometheus';
const RULES = 'docs/operate/alerts.yaml';
const WAIT_MS = 60_000;

/** A Prometheus that scrapes every second. */
export interface Prometheus {
  /** Scrapes these from now on, and waits until each was scraped once. */
  readonly scrape: (hosts: readonly string[]) => Promise<void>;
  /** Waits until an alert fires. @returns after how many seconds; undefined where it does not within a minute */
  readonly fires: (alert: string) => Promise<number | undefined>;
  readonly firing: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** The rules with minutes and hours cut to seconds: a fault is tried for a minute at most. */
function shortened(rules: string): string {
  return rules
    .replace(/^( +for:) .*$/gm, '$1 0s')
    .replace(/\[(?:5m|15m|1h)\]/g, '[20s]')
    .replace('1.5e9', '1e7')
    .replace('3 * 3600', '10');
}

/** Starts Prometheus with the rules of docs/operate/alerts.yaml. */
export async function startPrometheus(): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-prometheus-'));
  const at = (name: string) => join(folder, name);
  const targets = (hosts: readonly string[]) =>
    writeFileSync(at('targets.json'), JSON.stringify([{ targets: hosts }]));
  targets([]);
  writeFileSync(at('alerts.yaml'), shortened(readFileSync(RULES, 'utf8')));
  const job = { job_name: 'vestibule', file_sd_configs: [{ files: [at('targets.json')] }] };
  const settings = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [at('alerts.yaml')],
    scrape_configs: [job],
  };
  // JSON is YAML.
  writeFileSync(at('prometheus.yml'), JSON.stringify(settings));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    PROGRAM,
    [
      `--config.file=${at('prometheus.yml')}`,
      `--storage.tsdb.path=${at('data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`);
    return ((await answer.json()) as { data: T }).data;
  };
  await untilReady(child, `http://${address}/-/ready`);

  const firing = async () => {
    const { alerts } = await ask<{ alerts: { state: string; labels: { alertname: string } }[] }>(
      'alerts',
    );
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  };
  return {
    firing,
    scrape: async (hosts) => {
      targets(hosts);
      const seen = async () => {
        const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets?state=active');
        const up = activeTargets.filter(({ health }) => health === 'up');
        return up.map(({ labels }) => labels.instance).toSorted();
      };
      const wanted = JSON.stringify(hosts.toSorted());
      while (JSON.stringify(await seen()) !== wanted) await sleep(200);
    },
    fires: async (alert) => {
      const begun = performance.now();
      while (performance.now() - begun < WAIT_MS) {
        if ((await firing()).includes(alert)) return (performance.now() - begun) / 1000;
        await sleep(200);
      }
      return undefined;
    },
    close: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Target {
  readonly health: string;
  readonly labels: { readonly instance: string };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null) {
    const { ok } = await fetch(url).catch(() => ({ ok: false }));
    if (ok) return;
    await sleep(100);
  }
  throw new Error(`Prometheus ended with ${child.exitCode}`);
}
