import { arch, cpus, platform } from 'node:os';
import type { Result } from './measure.ts';

/** One job: figures of contestants, or sentences. */
export interface Section {
  readonly title: string;
  readonly goal: string;
  readonly results?: readonly Result[];
  readonly lines?: readonly string[];
}

export interface Conditions {
  readonly isQuick: boolean;
  readonly withPeers: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

/** The whole run as Markdown. */
export function renderReport(sections: readonly Section[], conditions: Conditions): string {
  const { rounds, seconds, isQuick, withPeers } = conditions;
  const options = [isQuick && '--quick', withPeers && '--peers'].filter(Boolean).join(' ');
  const date = new Date().toISOString().slice(0, 10);
  const cpu = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  const head = [
    '# What was measured',
    '',
    `\`npm run bench${options && ` -- ${options}`}\` on ${date}: Node ${process.version}, ` +
      `${platform()} ${arch()}, ${cpu}. Interleaved rounds (${rounds} of ${seconds} s each), ` +
      '16 connections, each server and the load in a process of its own. A ratio compares with the ' +
      'first line in the same round, the median with the least and the most; absolute figures tell ' +
      'of the machine.',
    ...(isQuick ? [] : ['', '![The ratios of each job](RESULTS.svg)']),
  ];
  return `${[...head, ...sections.flatMap(renderSection)].join('\n')}\n`;
}

function renderSection({ title, goal, results = [], lines = [] }: Section): string[] {
  const table =
    results.length === 0
      ? []
      : ['', '| | a second | p50 ms | p99 ms | ratio |', '| --- | ---: | ---: | ---: | ---: |'];
  const list = lines.length === 0 ? [] : ['', ...lines.map((line) => `- ${line}`)];
  return ['', `## ${title}`, '', `Goal: ${goal}.`, ...table, ...results.map(renderRow), ...list];
}

function renderRow({ name, rate, p50, p99, ratio }: Result): string {
  const spread = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`;
  const cells = [name, rate.toFixed(0), p50.toFixed(2), p99.toFixed(2), spread];
  return `| ${cells.join(' | ')} |`;
}
