// The load, in a process of its own: told over IPC what to make ready and what to send.
import { openConnection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { EXCHANGES, type ExchangeName } from './exchanges.ts';

export interface Order {
  /** Whom it is for: what a server has been made ready for is kept under its name. */
  readonly target: string;
  readonly url: string;
  readonly exchange: ExchangeName;
  readonly connections: number;
  readonly users: number;
  /** 0 only makes ready. */
  readonly seconds: number;
  /** What others ask of the same server meanwhile. */
  readonly beside?: { readonly exchange: ExchangeName; readonly connections: number };
}

export interface Outcome {
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
  /** Answers of the whole time, those before and after the measured span with them. */
  readonly answers: number;
}

export type Reply = { readonly outcome: Outcome } | { readonly error: string };

/** What a round takes before it counts, so that connections are open and both sides at speed. */
const RAMP_SECONDS = 0.3;
const ready = new Map<string, Promise<Exchange>>();

async function run(order: Order): Promise<Outcome> {
  const url = new URL(order.url);
  const { connections, beside } = order;
  const exchange = await prepare(order, order);
  if (order.seconds === 0) return { rate: 0, latencies: [], answers: 0 };
  const other = beside && { ...beside, with: await prepare(order, beside) };

  const from = performance.now() + RAMP_SECONDS * 1000;
  const to = from + order.seconds * 1000;
  const latencies: number[] = [];
  let answers = 0;
  const note = (start: number, end: number) => {
    answers += 1;
    if (end > from && end <= to) latencies.push(end - start);
  };
  await Promise.all([
    drive(url, exchange, connections, to, note),
    other && drive(url, other.with, other.connections, to, () => undefined),
  ]);
  latencies.sort((a, b) => a - b);
  return { rate: latencies.length / order.seconds, latencies, answers };
}

function prepare(
  { target, url, users }: Order,
  { exchange, connections }: Pick<Order, 'exchange' | 'connections'>,
): Promise<Exchange> {
  const key = `${target} ${exchange} ${connections}`;
  const made = ready.get(key) ?? EXCHANGES[exchange]({ url: new URL(url), connections, users });
  ready.set(key, made);
  return made;
}

/** A closed loop: each connection asks again as soon as it was answered, until the time is up. */
async function drive(
  url: URL,
  exchange: Exchange,
  connections: number,
  to: number,
  note: (start: number, end: number) => void,
): Promise<void> {
  const loop = async (index: number) => {
    const connection = await openConnection(url);
    try {
      for (let start = performance.now(); start < to;) {
        const answer = await connection.send(exchange.next(index));
        const end = performance.now();
        exchange.check(index, answer);
        note(start, end);
        start = end;
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => loop(index)));
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  const reply = (message: Reply) => process.send?.(message);
  run(order).then(
    (outcome) => reply({ outcome }),
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  );
});
