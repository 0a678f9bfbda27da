import { argon2Work, isAffordable, MAX_UNITS } from '../adapters/password-hashes/work.ts';
import { isIdShaped } from '../core/id-shape.ts';
import type { Environment } from './environment.ts';

// OWASP's password storage cheat sheet: the first two of its equivalent argon2id settings.
const ARGON2_FLOOR = [
  { memoryKib: 19_456, time: 2 },
  { memoryKib: 47_104, time: 1 },
] as const;

/** What variables must hold together. One that is at fault itself is missing here and breaks no rule. */
export function ruleFaults(env: Partial<Environment>): readonly string[] {
  return [
    databaseFault,
    directFault,
    replicaFault,
    adminFault,
    adminNameFault,
    lanesFault,
    floorFault,
    ceilingFault,
    poolFault,
    documentsFault,
    metricsFault,
    mailFault,
  ]
    .map((rule) => rule(env))
    .filter((fault) => fault !== undefined);
}

function databaseFault(env: Partial<Environment>) {
  const isUnset = 'SECRET_KEY' in env && env.SECRET_KEY === undefined;
  if (!isUnset || !env.DATABASE_URL?.startsWith('postgres')) return undefined;
  return 'SECRET_KEY must be set on PostgreSQL, to the same value in every process';
}

function directFault({
  DATABASE_URL: pooled = 'file:',
  DIRECT_DATABASE_URL: direct,
}: Partial<Environment>) {
  if (!direct || (pooled.startsWith('postgres') && direct.startsWith('postgres'))) return undefined;
  return 'DIRECT_DATABASE_URL and DATABASE_URL must lead to the same PostgreSQL where both are set';
}

function replicaFault({
  DATABASE_URL: url = 'file:',
  READ_REPLICA_URLS: replicas,
}: Partial<Environment>) {
  if (!replicas?.length || url.startsWith('postgres')) return undefined;
  return 'READ_REPLICA_URLS needs a PostgreSQL in DATABASE_URL';
}

function adminFault({ ADMIN_USERNAME: ours, QDASH_ADMIN_USERNAME: alias }: Partial<Environment>) {
  if (!ours || !alias || ours === alias) return undefined;
  const given = `given ${JSON.stringify(ours)} and ${JSON.stringify(alias)}`;
  return `ADMIN_USERNAME and QDASH_ADMIN_USERNAME must agree where both are set (${given})`;
}

function adminNameFault({ ADMIN_USERNAME, QDASH_ADMIN_USERNAME }: Partial<Environment>) {
  const name = ADMIN_USERNAME ?? QDASH_ADMIN_USERNAME;
  if (name === undefined || !isIdShaped(name)) return undefined;
  return `ADMIN_USERNAME must not look like an id (given ${JSON.stringify(name)})`;
}

function lanesFault({
  ARGON2_MEMORY_KIB: memory,
  ARGON2_PARALLELISM: lanes,
}: Partial<Environment>) {
  if (!memory || !lanes || memory >= 8 * lanes) return undefined;
  return `ARGON2_MEMORY_KIB must be at least 8 for each lane of ARGON2_PARALLELISM (given ${memory})`;
}

function floorFault(env: Partial<Environment>) {
  const { PROFILE, ARGON2_MEMORY_KIB: memory, ARGON2_TIME: time } = env;
  if (PROFILE !== 'production' || !memory || !time) return undefined;
  if (ARGON2_FLOOR.some((row) => memory >= row.memoryKib && time >= row.time)) return undefined;
  const floor = ARGON2_FLOOR.map((row) => `${row.memoryKib} with ${row.time}`).join(' or ');
  const given = `given ${memory} with ${time}`;
  return `ARGON2_MEMORY_KIB with ARGON2_TIME must be at least ${floor} in production (${given})`;
}

/** A hash that asks for more is not checked, so none may be made. */
function ceilingFault({ ARGON2_MEMORY_KIB: memory, ARGON2_TIME: time }: Partial<Environment>) {
  if (!memory || !time || isAffordable(argon2Work(memory, time))) return undefined;
  const given = `given ${memory} and ${time}`;
  return `ARGON2_MEMORY_KIB times ARGON2_TIME must be at most ${MAX_UNITS} (${given})`;
}

const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

function metricsFault(env: Partial<Environment>) {
  const { PROFILE, METRICS, METRICS_TOKEN, METRICS_PORT: port, METRICS_HOST: host } = env;
  if (PROFILE !== 'production' || METRICS_TOKEN !== undefined) return undefined;
  if (port !== undefined && host !== undefined && !LOOPBACK.test(host)) {
    return 'METRICS_TOKEN must be set where METRICS_HOST is not this machine alone in production';
  }
  if (METRICS !== true || port !== undefined) return undefined;
  return 'METRICS_TOKEN must be set where METRICS is on in production, or METRICS_PORT';
}

function poolFault({
  HASH_CONCURRENCY: hashes,
  UV_THREADPOOL_SIZE: threads,
}: Partial<Environment>) {
  if (!hashes || !threads || hashes < threads) return undefined;
  return `HASH_CONCURRENCY must be below UV_THREADPOOL_SIZE, ${threads} (given ${hashes})`;
}

function documentsFault({
  TRUSTED_DOCUMENTS: mode,
  TRUSTED_DOCUMENTS_FILE: file,
}: Partial<Environment>) {
  if (!mode || mode === 'off' || file !== undefined) return undefined;
  return `TRUSTED_DOCUMENTS_FILE must be set where TRUSTED_DOCUMENTS is ${mode}`;
}

function mailFault({ MAIL_PER_HOUR: total, MAIL_PER_ACCOUNT: account }: Partial<Environment>) {
  if (!total || !account || account * 10 <= total) return undefined;
  return `MAIL_PER_HOUR must be at least ten times MAIL_PER_ACCOUNT (given ${total} and ${account})`;
}
