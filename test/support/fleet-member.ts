// One process of a fleet: what src/server/serve.ts does, with a clock that a test moves.
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Changes } from '../../src/core/changes.ts';
import type { Log } from '../../src/adapters/log.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import { createApp } from '../../src/server/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { closeServices, createServices } from '../../src/server/create-services.ts';
import { countingHasher } from './hasher.ts';

/** What a member is told, and of which of its apps. */
export interface Order {
  readonly call: string;
  readonly app: string;
  readonly what: keyof typeof CALLS;
  readonly env: Readonly<Record<string, string>>;
  readonly now: number;
  readonly mark: string;
}

export interface Reply {
  readonly call: string;
  readonly answer?: unknown;
  readonly error?: string;
}

const ignore = () => undefined;
const SILENT: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const apps = new Map<string, Awaited<ReturnType<typeof startMember>>>();

// What is remembered ages by this: time that a test lets pass has to pass for it too.
const ticks = performance.now.bind(performance);
let passed = 0;
performance.now = () => ticks() + passed;

const CALLS = {
  start: async ({ app, env, now }: Order) => {
    const member = await startMember(env, now);
    apps.set(app, member);
    return `http://127.0.0.1:${(member.server.address() as AddressInfo).port}`;
  },
  moveTo: ({ app, now }: Order) => {
    const { time } = memberOf(app);
    passed += Math.max(0, now - time.now.getTime());
    time.now = new Date(now);
  },
  hear: ({ app, mark }: Order) => memberOf(app).heard(mark),
  checked: ({ app }: Order) => memberOf(app).checked(),
  stop: async ({ app }: Order) => {
    const { server, drain, services } = memberOf(app);
    apps.delete(app);
    server.closeAllConnections();
    await drain();
    await closeServices(services, 0);
  },
};

function memberOf(app: string) {
  const member = apps.get(app);
  if (!member) throw new Error(`there is no app ${app}`);
  return member;
}

async function startMember(env: Order['env'], now: number) {
  const { hasher, checked } = countingHasher();
  const time = { now: new Date(now) };
  const clock = { now: () => time.now };
  const services = await createServices(loadConfig(env), {
    clock,
    hasher,
    random: systemRandom,
    log: SILENT,
  });
  const heard = createMarks(services.changes);
  const { server, drain } = createApp(services);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  while (!services.changes.hearsOthers()) await sleep(5);
  return { time, checked, services, heard, server, drain };
}

/** Tells when a change that a test made up has come through, and so all that was committed before it. */
function createMarks(changes: Changes): (mark: string) => Promise<void> {
  const known = new Set<string>();
  const waiting = new Map<string, () => void>();
  changes.subscribe((change) => {
    if (change.kind !== 'user') return;
    known.add(change.userId);
    waiting.get(change.userId)?.();
  });
  return async (mark) => {
    if (!known.has(mark)) await new Promise<void>((resolve) => waiting.set(mark, resolve));
  };
}

async function obey(order: Order): Promise<Reply> {
  const { call, what } = order;
  try {
    return { call, answer: await CALLS[what](order) };
  } catch (error) {
    return { call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (order: Order) => void obey(order).then((reply) => process.send?.(reply)));
process.on('disconnect', () => process.exit());
