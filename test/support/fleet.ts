import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../src/db/database.ts';
import type { Order, Reply } from './fleet-member.ts';
import { startRoundRobin } from './round-robin.ts';

const MEMBER = fileURLToPath(new URL('fleet-process.mjs', import.meta.url));
const SIZE = 3;

/** Three processes over one database behind a load balancer. */
export interface Fleet {
  readonly url: string;
  /** Sets the clock of all. */
  readonly moveTo: (now: Date) => void;
  /** Waits until all processes have the time, and have heard of what was answered for before. */
  readonly settled: () => Promise<void>;
  /** To be called when something was answered: it may have been written. */
  readonly wrote: () => void;
  /** How many passwords were checked, in all processes together. */
  readonly checked: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface FleetOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly now: Date;
  readonly db: Database;
}

type Given = Partial<Omit<Order, 'call' | 'what'>>;
type Call = (what: Order['what'], given: Given) => Promise<unknown>;

// A process costs a second to start and nothing to keep: the apps of a worker share them.
let members: readonly Call[] | undefined;

/**
 * Starts the app in three processes. Between two requests everything that is committed is heard by all
 * of them: how long that takes is for other tests, these judge what is decided then.
 */
export async function startFleet({ env, now, db }: FleetOptions): Promise<Fleet> {
  members ??= Array.from({ length: SIZE }, startMember);
  const app = randomUUID();
  const all = (what: Order['what'], given: Given = {}) =>
    Promise.all((members ?? []).map((call) => call(what, { app, ...given })));
  const urls = (await all('start', { env, now: now.getTime() })) as string[];
  const front = await startRoundRobin(urls);
  let moved: Promise<unknown> = Promise.resolve();
  let heard = Promise.resolve();
  let isBehind = false;

  const hear = async () => {
    // Notifications arrive in the order of their commits.
    const mark = `mark-${randomUUID()}`;
    await db.prisma.$queryRaw`SELECT pg_notify('vestibule_changes', ${`user:${mark}`})::text`;
    await all('hear', { mark });
  };

  return {
    url: front.url,
    moveTo: (moment) => {
      moved = Promise.all([moved, all('moveTo', { now: moment.getTime() })]);
    },
    settled: async () => {
      await moved;
      if (isBehind) {
        isBehind = false;
        heard = hear();
      }
      await heard;
    },
    wrote: () => {
      isBehind = true;
    },
    checked: async () => {
      const counts = (await all('checked')) as number[];
      return counts.reduce((sum, count) => sum + count, 0);
    },
    close: async () => {
      await front.close();
      await all('stop');
    },
  };
}

/** It ends with the worker, whose channel breaks then. */
function startMember(): Call {
  const child = fork(MEMBER, {
    env: { NODE_ENV: 'production' },
    execArgv: [],
  });
  const calls = new Map<
    string,
    { resolve: (answer: unknown) => void; reject: (e: Error) => void }
  >();
  child.on('message', ({ call, answer, error }: Reply) => {
    const waiting = calls.get(call);
    calls.delete(call);
    if (calls.size === 0) rest(child);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of calls.values()) reject(new Error(`a member ended with ${code}`));
  });
  rest(child);
  return (what, given) =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null) throw new Error(`a member ended with ${child.exitCode}`);
      const call = randomUUID();
      calls.set(call, { resolve, reject });
      child.ref();
      child.channel?.ref();
      child.send({ call, what, ...given });
    });
}

/** Lets the worker end although the member still runs. */
function rest(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
