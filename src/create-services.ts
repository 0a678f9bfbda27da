import { createLiveness } from './access/liveness.ts';
import { systemClock } from './adapters/clock.ts';
import { createHasher } from './adapters/hasher.ts';
import { createLog } from './adapters/log.ts';
import { systemRandom } from './adapters/random.ts';
import { createSecretBox } from './adapters/secret-box.ts';
import { readOrMakeSecretKey } from './adapters/secret-key-file.ts';
import { createTokens } from './adapters/tokens.ts';
import type { Config } from './config.ts';
import { connect } from './db/client.ts';
import { loadKeyRing } from './features/signing-keys/key-ring.ts';
import type { Services } from './services.ts';

const REMEMBERED_SESSIONS = 10_000;

/** The parts a test puts its own in place of. */
export type Replaceable = Pick<Services, 'clock' | 'random' | 'log'>;

/** Wires the services of a configuration over a migrated database. The caller closes `db`. */
export async function createServices(
  config: Config,
  replaced: Partial<Replaceable> = {},
): Promise<Services> {
  const clock = replaced.clock ?? systemClock;
  const random = replaced.random ?? systemRandom;
  const log = replaced.log ?? createLog(config.logLevel);
  const db = await connect({
    databaseUrl: config.databaseUrl,
    poolSize: config.databasePoolSize,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  const [first, ...rest] = config.secretKeys;
  const secretBox = createSecretBox([first ?? readOrMakeSecretKey(config.dataDir), ...rest]);
  const keys = await loadKeyRing({ db, secretBox, clock, random }, config.jwtAlg);
  const tokens = createTokens({
    keys,
    issuer: config.publicUrl,
    audience: config.publicUrl,
    clock,
    accessTokenSeconds: config.accessTokenSeconds,
    refreshTokenSeconds: config.refreshTokenSeconds,
  });
  const hasher = createHasher({
    memoryKib: config.argon2MemoryKib,
    time: config.argon2Time,
    parallelism: config.argon2Parallelism,
    concurrency: config.hashConcurrency,
    queueLimit: config.hashQueueLimit,
  });
  // Other processes may write to a PostgreSQL: there every request asks the database.
  const max = db.provider === 'sqlite' ? REMEMBERED_SESSIONS : 0;
  const liveness = createLiveness({ db, clock, max });
  return { config, clock, random, log, db, hasher, keys, tokens, liveness };
}
