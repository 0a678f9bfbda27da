import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ExchangeName } from './load/exchanges.ts';
import type { Order, Outcome, Reply } from './load/generator.ts';
import type { Server } from './servers.ts';

export interface Contestant {
  readonly server: Server;
  readonly exchange: ExchangeName;
}

export interface Result {
  readonly name: string;
  /** Answers a second, the median of the rounds. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Against the first contestant of the same round: median, least and most. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
}

export interface Load {
  readonly run: (order: Order) => Promise<Outcome>;
  readonly close: () => void;
}

/** The load generator in a process of its own, so that it does not share a core with what it measures. */
export function startLoad(): Load {
  const file = new URL('load/generator.ts', import.meta.url);
  const child: ChildProcess = fork(file, { execArgv: ['--import', 'jiti/register'] });
  return {
    run: async (order) => {
      child.send(order);
      const [reply] = (await once(child, 'message')) as [Reply];
      if ('error' in reply) throw new Error(`${order.target}, ${order.exchange}: ${reply.error}`);
      return reply.outcome;
    },
    close: () => child.disconnect(),
  };
}

/** Measures all contestants in turn, round after round, each time in another order. */
export async function compare(
  load: Load,
  contestants: readonly Contestant[],
  plan: { readonly rounds: number; readonly seconds: number; readonly users: number },
): Promise<readonly Result[]> {
  const outcomes = contestants.map((): Outcome[] => []);
  const order = (contestant: Contestant, seconds: number): Order => ({
    target: contestant.server.name,
    url: contestant.server.url,
    exchange: contestant.exchange,
    connections: 16,
    users: plan.users,
    seconds,
  });
  for (const contestant of contestants) await load.run(order(contestant, 0));
  for (const contestant of contestants) await load.run(order(contestant, 1));
  for (let round = 0; round < plan.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      const contestant = contestants[index];
      if (contestant) outcomes[index]?.push(await load.run(order(contestant, plan.seconds)));
    }
  }
  const bases = outcomes[0] ?? [];
  return contestants.map(({ server }, index) => {
    const own = outcomes[index] ?? [];
    const ratios = own.map(({ rate }, round) => rate / (bases[round]?.rate ?? Number.NaN));
    const latencies = own.flatMap((outcome) => outcome.latencies).sort((a, b) => a - b);
    return {
      name: server.name,
      rate: median(own.map(({ rate }) => rate)),
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
    };
  });
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
