import { createAuthSwitch } from '../authentication/auth-switch.ts';
import { createChanges } from '../authentication/changes.ts';
import { createKeyLiveness, createLiveness } from '../authentication/liveness.ts';
import { type Clock, systemClock } from '../adapters/clock.ts';
import { createBackground } from '../adapters/background.ts';
import { createHasher } from '../adapters/hasher.ts';
import { createKeyedHash } from '../adapters/keyed-hash.ts';
import { createLog, type Log } from '../adapters/log.ts';
import { createMetrics } from '../adapters/metrics.ts';
import { createMailer } from '../adapters/mailer.ts';
import { createNamedTokens, withNamedTokens } from '../adapters/named-tokens.ts';
import { takeFolder } from '../adapters/private-files.ts';
import { createReach } from '../adapters/reach.ts';
import { systemRandom } from '../adapters/random.ts';
import { createSecretBox } from '../adapters/secret-box.ts';
import { readOrMakeSecretKey } from '../adapters/secret-key-file.ts';
import { createSpareCore } from '../adapters/spare-core.ts';
import { createTokens } from '../adapters/tokens.ts';
import { createTracing, type Tracing } from '../adapters/tracing.ts';
import type { Config } from '../config/config.ts';
import { connect } from '../db/client.ts';
import { createAuditLog } from '../features/audit/log.ts';
import { queueMail } from '../features/mail/queue.ts';
import { createFigures } from './figures.ts';
import { createMailSender } from '../features/mail/sender.ts';
import { MAIL_KINDS } from '../features/mail/templates.ts';
import { openKeyRing } from '../features/signing-keys/key-ring.ts';
import { listSigningKeys } from '../features/signing-keys/store.ts';
import { SIGN_IN_METHODS } from '../features/sign-in/methods.ts';
import { createThrottles, NO_THROTTLES } from '../features/throttles/throttles.ts';
import type { Services } from '../core/services.ts';
import { createTelemetry } from '../core/telemetry.ts';

/** The parts a test puts its own in place of. */
export interface Replaceable extends Pick<Services, 'clock' | 'random' | 'log' | 'hasher'> {
  /** The clock of the database. @default the same as `clock`, where that is replaced */
  readonly databaseClock: Clock;
}

/** Wires the services of a configuration over a migrated database. The caller ends them with `closeServices`. */
export async function createServices(
  config: Config,
  replaced: Partial<Replaceable> = {},
): Promise<Services> {
  const clock = replaced.clock ?? systemClock;
  const random = replaced.random ?? systemRandom;
  const log = replaced.log ?? createLog(config.logLevel);
  const replicas = config.replicaUrls.map((url) =>
    createReach(log, {
      gone: 'a read replica does not answer',
      back: 'a read replica answers again',
      fields: { replica: new URL(url).host },
    }),
  );
  const db = await connect({
    databaseUrl: config.databaseUrl,
    poolSize: config.databasePoolSize,
    limits: config.databaseLimits,
    replicaUrls: config.replicaUrls,
    databaseClock: replaced.databaseClock ?? replaced.clock,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
    onReplica: (index, error) =>
      error === undefined ? replicas[index]?.worked() : replicas[index]?.failed(error),
  });
  takeFolder(config.dataDir);
  const isSealed = async () => (await listSigningKeys(db)).length > 0;
  const [first = await readOrMakeSecretKey(config.dataDir, isSealed), ...rest] = config.secretKeys;
  const secretBox = createSecretBox([first, ...rest]);
  const keys = await openKeyRing({ db, secretBox, clock, random, config });
  const { publicUrl, accessTokenSeconds, refreshTokenSeconds } = config;
  const lifetimes = { clock, accessTokenSeconds, refreshTokenSeconds };
  const tokens = withNamedTokens(
    createTokens({ keys, issuer: publicUrl, audience: publicUrl, ...lifetimes }),
    createNamedTokens({ secrets: [first, ...rest], ...lifetimes }),
  );
  const metrics = config.metrics ? createMetrics({ mailKinds: MAIL_KINDS }) : undefined;
  const hasher =
    replaced.hasher ??
    createHasher({
      memoryKib: config.argon2MemoryKib,
      time: config.argon2Time,
      parallelism: config.argon2Parallelism,
      concurrency: config.hashConcurrency,
      places: createSpareCore({ threads: config.hashConcurrency }),
      queueLimit: config.hashQueueLimit,
      onDone: metrics?.hashed,
    });
  const changes = createChanges({ db, directUrl: config.directDatabaseUrl, log });
  const liveness = createLiveness({
    db,
    clock,
    changes,
    idleSeconds: config.refreshTokenSeconds,
  });
  const keyedHashes = [createKeyedHash(first), ...rest.map(createKeyedHash)] as const;
  const keyLiveness = createKeyLiveness({ db, changes });
  const { allowAuthDisable } = config;
  const authSwitch = createAuthSwitch({ db, changes, log, allowAuthDisable });
  const { smtpUrl, mailFolder: folder, mailFrom: from } = config;
  const mailer = createMailer({ smtpUrl, folder, from, log });
  const perHour = config.mailPerHour;
  const mail = createMailSender({ db, clock, log, secretBox, mailer, perHour, metrics });
  const throttles = config.throttle
    ? createThrottles({ db, clock, keyedHash: keyedHashes[0] })
    : NO_THROTTLES;
  const figures = createFigures({ db, clock });
  metrics?.watch({
    isDatabaseUp: () => figures.last().isDatabaseUp,
    mailsWaiting: () => figures.last().mailsWaiting,
    oldestMailSeconds: () => figures.last().oldestMailSeconds,
    hearsOthers: () => (db.engine.listen ? changes.hearsOthers() : undefined),
    replicas: () => replicas.map(({ isThere }) => isThere()),
    signingKeySeconds: () => {
      const since = keys.signingSince();
      return since && (clock.now().getTime() - since.getTime()) / 1000;
    },
    hashes: () => hasher.stats(),
    sessions: liveness.stats,
    connections: db.connections,
    isAuthenticationOn: async () => (await authSwitch.state()) === 'on',
  });
  const background = createBackground(log);
  const tracing = await openTracing(config, log);
  return {
    config,
    clock,
    random,
    log,
    db,
    secretBox,
    hasher,
    keys,
    tokens,
    changes,
    liveness,
    keyLiveness,
    keyedHashes,
    authSwitch,
    auditLog: createAuditLog(db, background),
    outbox: { queue: queueMail },
    mail,
    background,
    throttles,
    signInMethods: SIGN_IN_METHODS,
    telemetry: createTelemetry({
      metrics,
      tracing,
      requestLog: config.requestLog ? log : undefined,
    }),
    figures,
  };
}

async function openTracing({ otlpEndpoint }: Config, log: Log): Promise<Tracing | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const collector = createReach(log, {
    gone: 'the collector takes no traces',
    back: 'the collector takes traces again',
    fields: { collector: new URL(otlpEndpoint).host },
  });
  return createTracing(otlpEndpoint, collector);
}

/** Ends what the services hold open; mail that is being sent has `withinMs` to get out. */
export async function closeServices(
  { background, changes, db, mail, telemetry }: Services,
  withinMs: number,
): Promise<void> {
  await background.close();
  await mail.close(withinMs);
  await changes.close();
  await telemetry.close();
  await db.close();
}
