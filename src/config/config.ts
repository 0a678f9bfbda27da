import { availableParallelism } from 'node:os';
import { ENVIRONMENT, type Environment } from './environment.ts';
import { ruleFaults } from './rules.ts';
import { readSecretFiles, SECRET_VARIABLES } from './secret-files.ts';
import { type Misspelt, misspelt } from './spelling.ts';

/** Everything wrong with the environment at once, a sentence each; no secret is repeated. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(['The configuration is not valid:', ...faults].join('\n  - '));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

export type Config = Readonly<ReturnType<typeof toConfig>>;

/**
 * The configuration that the variables in `given` ask for, and the files that they name; throws ConfigError. An
 * empty variable is unset.
 */
export function loadConfig(given: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {};
  const { env, faults } = readSecretFiles(given);
  for (const [name, schema] of Object.entries(ENVIRONMENT.shape)) {
    const value = env[name] || undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(describeFault(name, value ?? '', parsed.error.issues[0]?.message ?? ''));
  }
  const parsed = values as Partial<Environment>;
  faults.push(...ruleFaults(parsed));
  if (faults.length > 0) throw new ConfigError(faults);
  return toConfig(parsed as Environment, misspelt(env));
}

function toConfig(env: Environment, misspeltVariables: readonly Misspelt[]) {
  const isDevelopment = env.PROFILE === 'development';
  const dataDir = env.DATA_DIR.replace(/(?<!\/)\/+$/, '');
  const databaseUrl = env.DATABASE_URL ?? `file:${dataDir}/vestibule.db`;
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  return {
    profile: env.PROFILE,
    port: env.PORT,
    host: env.HOST ?? (isDevelopment ? '127.0.0.1' : '0.0.0.0'),
    databaseUrl,
    /** Where a session lasts: for LISTEN and for the lock under which one process migrates. */
    directDatabaseUrl: env.DIRECT_DATABASE_URL ?? databaseUrl,
    allowNewerDatabase: env.ALLOW_NEWER_DATABASE,
    replicaUrls: env.READ_REPLICA_URLS,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    databaseLimits: {
      waitSeconds: env.DATABASE_WAIT_SECONDS,
      querySeconds: env.DATABASE_QUERY_SECONDS,
      lockSeconds: env.DATABASE_LOCK_SECONDS,
      transactionSeconds: env.DATABASE_TRANSACTION_SECONDS,
      idleSeconds: env.DATABASE_IDLE_SECONDS,
    },
    dataDir: env.DATA_DIR,
    /** The first key encrypts, all decrypt; empty where the start makes one in `dataDir`. */
    secretKeys: env.SECRET_KEY ?? [],
    publicUrl,
    logLevel: env.LOG_LEVEL,
    adminUsername: env.ADMIN_USERNAME ?? env.QDASH_ADMIN_USERNAME,
    selfRegistration: env.SELF_REGISTRATION,
    allowAuthDisable: env.ALLOW_AUTH_DISABLE ?? isDevelopment,
    openSetup: env.OPEN_SETUP ?? (isDevelopment && env.SETUP_TOKEN === undefined),
    /** Absent where the start makes one. */
    setupToken: env.SETUP_TOKEN,
    passwordMinLength: env.PASSWORD_MIN_LENGTH,
    passwordMinLengthSingleFactor: env.PASSWORD_MIN_LENGTH_SINGLE_FACTOR ?? env.PASSWORD_MIN_LENGTH,
    passwordBlocklist: env.PASSWORD_BLOCKLIST ?? true,
    argon2MemoryKib: env.ARGON2_MEMORY_KIB,
    argon2Time: env.ARGON2_TIME,
    argon2Parallelism: env.ARGON2_PARALLELISM,
    hashConcurrency:
      env.HASH_CONCURRENCY ?? Math.min(availableParallelism(), env.UV_THREADPOOL_SIZE - 1),
    hashQueueLimit: env.HASH_QUEUE_LIMIT,
    jwtAlg: env.JWT_ALG,
    signingKeyRotateDays: env.SIGNING_KEY_ROTATE_DAYS,
    /** 0 where only the command does it. */
    cleanUpSeconds: env.CLEAN_UP_SECONDS,
    sessionRetentionDays: env.SESSION_RETENTION_DAYS,
    deviceRetentionDays: env.DEVICE_RETENTION_DAYS,
    mailRetentionDays: env.MAIL_RETENTION_DAYS,
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
    refreshTokenSeconds: env.REFRESH_TOKEN_SECONDS,
    refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
    sessionMaxSeconds: env.SESSION_MAX_SECONDS,
    sessionsPerUser: env.SESSIONS_PER_USER,
    freshSeconds: env.FRESH_SECONDS,
    apiKeyPrefix: env.API_KEY_PREFIX,
    apiKeysPerUser: env.API_KEYS_PER_USER,
    /** Those who may introspect tokens. */
    serviceClients: env.INTROSPECTION_CLIENTS ?? [],
    smtpUrl: env.SMTP_URL,
    /** Where mail goes as files; absent where it is sent, or waits for a server. */
    mailFolder: isDevelopment && !env.SMTP_URL ? `${dataDir}/mail` : undefined,
    mailFrom: env.MAIL_FROM ?? { name: '', address: `no-reply@${new URL(publicUrl).hostname}` },
    mailPerAddress: env.MAIL_PER_ADDRESS,
    mailPerAccount: env.MAIL_PER_ACCOUNT,
    mailPerHour: env.MAIL_PER_HOUR,
    mailGatherSeconds: env.MAIL_GATHER_SECONDS,
    throttle: env.THROTTLE ?? true,
    trustedProxies: env.TRUSTED_PROXIES,
    corsOrigins: env.CORS_ORIGINS,
    /** Absent where nothing is listed. */
    allowedHosts: env.ALLOWED_HOSTS,
    keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
    socketsTotal: env.SOCKETS_TOTAL,
    socketsPerAddress: env.SOCKETS_PER_ADDRESS,
    socketsPerUser: env.SOCKETS_PER_USER,
    subscriptionsPerConnection: env.SUBSCRIPTIONS_PER_CONNECTION,
    defaultAdmin: env.DEFAULT_ADMIN,
    restRoot: env.REST_ROOT,
    restReference: env.REST_REFERENCE ?? isDevelopment,
    graphiql: env.GRAPHIQL ?? (isDevelopment && env.TRUSTED_DOCUMENTS !== 'only'),
    introspection: env.INTROSPECTION ?? isDevelopment,
    trustedDocuments: env.TRUSTED_DOCUMENTS,
    trustedDocumentsFile: env.TRUSTED_DOCUMENTS_FILE,
    requestLog: env.REQUEST_LOG ?? !isDevelopment,
    metrics:
      env.METRICS ??
      (isDevelopment || env.METRICS_TOKEN !== undefined || env.METRICS_PORT !== undefined),
    /** Absent where metrics are served on the port of everything else. */
    metricsPort: env.METRICS_PORT,
    metricsHost: env.METRICS_HOST ?? '127.0.0.1',
    /** Absent where only programs on this machine may scrape. */
    metricsToken: env.METRICS_TOKEN,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    bodyLimitBytes: env.BODY_LIMIT_BYTES,
    requestSeconds: env.REQUEST_SECONDS,
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS ?? (isDevelopment ? 0 : 10),
    drainSeconds: env.DRAIN_SECONDS,
    /** What was set for one of ours and is none. */
    misspeltVariables,
  };
}

function describeFault(name: string, given: string, rule: string): string {
  return `${name} ${rule} (given ${describeGiven(name, given)})`;
}

function describeGiven(name: string, given: string): string {
  if (name.endsWith('DATABASE_URL') || name === 'SMTP_URL') {
    return JSON.stringify(`${/^[a-z]+:\/\//i.exec(given)?.[0] ?? ''}…`);
  }
  if (SECRET_VARIABLES.includes(name)) return 'a value that is not shown';
  // Whatever stands before the last @ of an address may be a password.
  const shown = given.replace(/^.*@/s, '***@');
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}
