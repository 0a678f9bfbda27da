import { setTimeout as sleep } from 'node:timers/promises';
import type { Direct, DirectDriver } from '../../direct.ts';
import { Prisma } from '../../generated/postgresql/client.ts';
import type { DatabaseLimits } from '../../limits.ts';
import { createPostgresqlDirect } from './direct.ts';
import { openPool } from './pool.ts';

/** The primary answers where a replica has no connection to give by then. */
const WAIT_SECONDS = 1;
/** How long a replica is passed over that failed. */
const REST_MS = 5_000;
/** What a replica is waited for to have caught up, again and again. */
const PAUSES_MS = [1, 2, 4, 8, 16, 32] as const;

export interface ReplicaOptions {
  readonly urls: readonly string[];
  readonly poolSize: number;
  readonly limits: DatabaseLimits;
  readonly primary: DirectDriver;
  readonly onError: (error: Error) => void;
  /** Told whether a replica, by its place among the addresses, answered or failed with an error. */
  readonly onAnswer: (replica: number, error?: unknown) => void;
}

export interface Replicas {
  /** Reads a list from a replica that has all that is committed by now; from the primary where none has. */
  readonly readList: Direct['read'];
  readonly close: () => Promise<void>;
}

/**
 * Read replicas, a query each in turn. Nobody reads anything older than their question, so that what
 * somebody has just written is there, whichever process wrote it: the primary says how far it is, which
 * costs it next to nothing, and a replica answers once it has come that far.
 */
export function openReplicas(options: ReplicaOptions): Replicas {
  const { urls, poolSize: size, primary, onError, onAnswer } = options;
  const limits = { ...options.limits, waitSeconds: WAIT_SECONDS };
  const replicas = urls.map((url, index) => {
    const { pool, ask } = openPool({ url, size, limits, onError });
    // Nothing is written there.
    const direct = createPostgresqlDirect(ask, (_what, work) => work());
    return { index, pool, direct, restsUntil: -Infinity };
  });
  let turn = 0;
  const next = () => {
    const rested = replicas.filter(({ restsUntil }) => restsUntil <= performance.now());
    return rested[turn++ % rested.length];
  };

  return {
    readList: async <Row>(query: Prisma.Sql) => {
      const replica = next();
      if (!replica) return primary.readList<Row>(query);
      const [now] = await primary.read<{ lsn: string }>(
        Prisma.sql`SELECT pg_current_wal_lsn()::text AS "lsn"`,
      );
      try {
        const { read, readList } = replica.direct;
        const isCurrent = await catchesUp(read, now?.lsn ?? '');
        onAnswer(replica.index);
        if (isCurrent) return await readList<Row>(query);
      } catch (error) {
        replica.restsUntil = performance.now() + REST_MS;
        onAnswer(replica.index, error ?? new Error('it failed'));
      }
      return primary.readList<Row>(query);
    },
    close: async () => {
      await Promise.all(replicas.map(({ pool }) => pool.end()));
    },
  };
}

/** Whether a replica has replayed so much, now or in a moment. One that is none has replayed nothing. */
async function catchesUp(read: Direct['read'], lsn: string): Promise<boolean> {
  for (const pause of [...PAUSES_MS, undefined]) {
    const [row] = await read<{ has: boolean | null }>(
      Prisma.sql`SELECT pg_last_wal_replay_lsn() >= ${lsn}::pg_lsn AS "has"`,
    );
    if (row?.has === true) return true;
    if (row?.has !== false || pause === undefined) return false;
    await sleep(pause);
  }
  return false;
}
