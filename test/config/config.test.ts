import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/config.ts';

type Env = Parameters<typeof loadConfig>[0];

const KEY = 'k'.repeat(32);
const POSTGRESQL = 'postgresql://vestibule:s3cret@db/vestibule';

function faultsOf(env: Env): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      profile: 'production',
      port: 4000,
      host: '0.0.0.0',
      databaseUrl: 'file:./data/vestibule.db',
      directDatabaseUrl: 'file:./data/vestibule.db',
      allowNewerDatabase: false,
      replicaUrls: [],
      databasePoolSize: 10,
      databaseLimits: {
        waitSeconds: 5,
        querySeconds: 5,
        lockSeconds: 3,
        transactionSeconds: 10,
        idleSeconds: 10,
      },
      dataDir: './data',
      secretKeys: [],
      publicUrl: 'http://localhost:4000',
      logLevel: 'info',
      adminUsername: undefined,
      defaultAdmin: false,
      selfRegistration: 'open',
      allowAuthDisable: false,
      openSetup: false,
      setupToken: undefined,
      passwordMinLength: 8,
      passwordMinLengthSingleFactor: 8,
      passwordBlocklist: true,
      argon2MemoryKib: 19_456,
      argon2Time: 2,
      argon2Parallelism: 1,
      hashConcurrency: Math.min(availableParallelism(), 3),
      hashQueueLimit: 100,
      jwtAlg: 'EdDSA',
      signingKeyRotateDays: 90,
      accessTokenSeconds: 3600,
      misspeltVariables: [],
      apiKeyPrefix: 'qzr_',
      apiKeysPerUser: 1000,
      refreshTokenSeconds: 2_592_000,
      refreshGraceSeconds: 30,
      sessionMaxSeconds: 7_776_000,
      sessionsPerUser: 100,
      freshSeconds: 3600,
      serviceClients: [],
      metrics: false,
      metricsToken: undefined,
      metricsPort: undefined,
      metricsHost: '127.0.0.1',
      requestLog: true,
      otlpEndpoint: undefined,
      smtpUrl: undefined,
      mailFolder: undefined,
      mailFrom: { name: '', address: 'no-reply@localhost' },
      mailPerAddress: 20,
      mailPerAccount: 100,
      mailPerHour: 5000,
      mailGatherSeconds: 900,
      throttle: true,
      trustedProxies: [],
      corsOrigins: [],
      allowedHosts: undefined,
      socketsTotal: 10_000,
      socketsPerAddress: 100,
      socketsPerUser: 100,
      subscriptionsPerConnection: 100,
      restRoot: ['qdash', 'dukatia', 'union'],
      graphiql: false,
      restReference: false,
      introspection: false,
      trustedDocuments: 'off',
      trustedDocumentsFile: undefined,
      bodyLimitBytes: 1_048_576,
      requestSeconds: 30,
      keepAliveSeconds: 75,
      shutdownDelaySeconds: 10,
      drainSeconds: 10,
      cleanUpSeconds: 3600,
      sessionRetentionDays: 30,
      deviceRetentionDays: 365,
      mailRetentionDays: 30,
      auditRetentionDays: 0,
    });
  });

  it('listens on this machine only and shows its schema in development', () => {
    expect(loadConfig({ PROFILE: 'development' })).toMatchObject({
      host: '127.0.0.1',
      graphiql: true,
      restReference: true,
      introspection: true,
    });
  });

  it('keeps mail in a folder in development, until it has a server to send it to', () => {
    const env = { PROFILE: 'development', DATA_DIR: '/data/' };
    expect(loadConfig(env)).toMatchObject({ smtpUrl: undefined, mailFolder: '/data/mail' });
    const smtpUrl = 'smtp://ann:secret@mail:587';
    expect(loadConfig({ ...env, SMTP_URL: smtpUrl })).toMatchObject({
      smtpUrl,
      mailFolder: undefined,
    });
  });

  it.each([
    ['no-reply@example.com', { name: '', address: 'no-reply@example.com' }],
    ['<no-reply@example.com>', { name: '', address: 'no-reply@example.com' }],
    ['Example Accounts <hi@example.com>', { name: 'Example Accounts', address: 'hi@example.com' }],
  ])('reads the sender %s', (MAIL_FROM, mailFrom) => {
    expect(loadConfig({ MAIL_FROM })).toMatchObject({ mailFrom });
  });

  it('sends from the host of PUBLIC_URL', () => {
    const { mailFrom } = loadConfig({ PUBLIC_URL: 'https://accounts.example.com/x' });
    expect(mailFrom).toEqual({ name: '', address: 'no-reply@accounts.example.com' });
  });

  it('lets what is set win over the profile', () => {
    const env = { PROFILE: 'development', HOST: '::', GRAPHIQL: 'off', INTROSPECTION: 'off' };
    expect(loadConfig(env)).toMatchObject({ host: '::', graphiql: false, introspection: false });
    expect(loadConfig({ GRAPHIQL: 'on' })).toMatchObject({ graphiql: true, introspection: false });
  });

  it('takes an empty text as unset', () => {
    const names = ['PROFILE', 'PORT', 'SECRET_KEY', 'CORS_ORIGINS', 'GRAPHIQL', 'ADMIN_USERNAME'];
    expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(loadConfig({}));
  });

  it('follows PORT and DATA_DIR where they decide a default', () => {
    expect(loadConfig({ PORT: '8080', DATA_DIR: '/var/lib/vestibule/' })).toMatchObject({
      publicUrl: 'http://localhost:8080',
      databaseUrl: 'file:/var/lib/vestibule/vestibule.db',
    });
  });

  it('reads lists, keys and addresses', () => {
    const config = loadConfig({
      DATABASE_URL: POSTGRESQL,
      SECRET_KEY: `${KEY}, ${'o'.repeat(40)}`,
      PUBLIC_URL: 'https://Accounts.example.com/vestibule/',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      REST_ROOT: 'qdash,dukatia,union',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      QDASH_ADMIN_USERNAME: ' ann ',
    });
    expect(config).toMatchObject({
      secretKeys: [KEY, 'o'.repeat(40)],
      publicUrl: 'https://accounts.example.com/vestibule',
      corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
      restRoot: ['qdash', 'dukatia', 'union'],
      adminUsername: 'ann',
    });
    expect(config.trustedProxies).toHaveLength(2);
  });

  it('counts the bytes of a key, not its characters', () => {
    expect(faultsOf({ SECRET_KEY: 'ü'.repeat(16) })).toEqual([]);
  });
});

describe('ConfigError', () => {
  it('names every fault at once', () => {
    const faults = faultsOf({
      PROFILE: 'prod',
      PORT: '65536',
      DATABASE_POOL_SIZE: '0',
      LOG_LEVEL: 'loud',
      SELF_REGISTRATION: 'yes',
      ARGON2_TIME: '1',
      GRAPHIQL: 'true',
      ADMIN_USERNAME: 'ann',
      QDASH_ADMIN_USERNAME: 'bob',
      HASH_CONCURRENCY: '4',
      ARGON2_MEMORY_KIB: '8',
      ARGON2_PARALLELISM: '2',
    });
    expect(faults).toEqual([
      'PROFILE must be one of development, production (given "prod")',
      'PORT must be a whole number from 0 to 65535 (given "65536")',
      'DATABASE_POOL_SIZE must be a whole number from 1 to 1000 (given "0")',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent (given "loud")',
      'SELF_REGISTRATION must be one of open, admin (given "yes")',
      'GRAPHIQL must be on or off (given "true")',
      'ADMIN_USERNAME and QDASH_ADMIN_USERNAME must agree where both are set (given "ann" and "bob")',
      'ARGON2_MEMORY_KIB must be at least 8 for each lane of ARGON2_PARALLELISM (given 8)',
      'HASH_CONCURRENCY must be below UV_THREADPOOL_SIZE, 4 (given 4)',
    ]);
  });

  it('prints its faults', () => {
    expect(() => loadConfig({ PORT: 'http' })).toThrow(
      'The configuration is not valid:\n  - PORT must be a whole number from 0 to 65535 (given "http")',
    );
  });

  it.each([
    ['19456 with 2', { ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' }, 0],
    ['47104 with 1', { ARGON2_MEMORY_KIB: '47104', ARGON2_TIME: '1' }, 0],
    ['47103 with 1', { ARGON2_MEMORY_KIB: '47103', ARGON2_TIME: '1' }, 1],
    ['19455 with 2', { ARGON2_MEMORY_KIB: '19455', ARGON2_TIME: '2' }, 1],
    ['19455 with 2 in development', { PROFILE: 'development', ARGON2_MEMORY_KIB: '19455' }, 0],
  ])('judges argon2id settings of %s by the floor of ASVS 11.4.2', (_what, env, count) => {
    expect(faultsOf(env)).toHaveLength(count);
  });

  it('lets more be hashed at once where the thread pool is larger', () => {
    const env = { HASH_CONCURRENCY: '4', UV_THREADPOOL_SIZE: '5' };
    expect(loadConfig(env).hashConcurrency).toBe(4);
  });

  it('needs a secret key on PostgreSQL, and says so once', () => {
    expect(faultsOf({ DATABASE_URL: POSTGRESQL })).toEqual([
      'SECRET_KEY must be set on PostgreSQL, to the same value in every process',
    ]);
    expect(faultsOf({ DATABASE_URL: POSTGRESQL, SECRET_KEY: 'short' })).toHaveLength(1);
    expect(faultsOf({ DATABASE_URL: POSTGRESQL, SECRET_KEY: KEY })).toEqual([]);
    const direct = { DIRECT_DATABASE_URL: POSTGRESQL, SECRET_KEY: KEY };
    expect(faultsOf(direct)).toEqual([
      'DIRECT_DATABASE_URL and DATABASE_URL must lead to the same PostgreSQL where both are set',
    ]);
    expect(faultsOf({ ...direct, DATABASE_URL: POSTGRESQL })).toEqual([]);
    expect(faultsOf({ READ_REPLICA_URLS: POSTGRESQL })).toEqual([
      'READ_REPLICA_URLS needs a PostgreSQL in DATABASE_URL',
    ]);
    expect(faultsOf({ READ_REPLICA_URLS: 'file:x,s3cret' })).toEqual([
      'READ_REPLICA_URLS must list postgres://… or postgresql://… (given a value that is not shown)',
    ]);
  });

  it.each([
    ['SECRET_KEY', 's3cret'],
    ['SECRET_KEY', `${KEY},s3cret`],
    ['SECRET_KEY', ' , '],
    ['DATABASE_URL', 'mysql://vestibule:s3cret@db/vestibule'],
    ['DATABASE_URL', 'postgres://vestibule:s3cret@[db/vestibule'],
    ['DATABASE_URL', 'vestibule:s3cret@db/vestibule'],
    ['DATABASE_URL', 's3cret'],
    ['INTROSPECTION_CLIENTS', 'shop:s3cret'],
    ['METRICS_TOKEN', 's3cret'],
    ['SMTP_URL', 'smtp://ann:s3cret@[mail'],
    ['SMTP_URL', 'ann:s3cret@mail:587'],
    ['PUBLIC_URL', 'https://ann:s3cret@accounts.example.com'],
    ['CORS_ORIGINS', 'https://ann:s3cret@app.example.com'],
  ])('never repeats the secret in %s', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(name);
    expect(faults[0]).not.toMatch(/s3cret|kkk/);
  });

  it.each([
    ['PORT', ['-1', '4000.5', '0x10', '1e3', ' 4000', 'NaN', 'Infinity']],
    ['PASSWORD_MIN_LENGTH', ['0', '129']],
    ['HASH_CONCURRENCY', ['0']],
    ['HASH_NICE', ['-1', '20', 'low']],
    ['UV_THREADPOOL_SIZE', ['1']],
    ['DATABASE_URL', ['file:', 'sqlite:x.db', './x.db']],
    ['ALLOWED_HOSTS', ['https://x', 'x:80', 'x/y', '*', '*.', 'a..b', 'a b', '[::1]']],
    ['PUBLIC_URL', ['localhost:4000', 'ftp://x', 'https://x/?a', 'https://x/#a']],
    ['CORS_ORIGINS', ['*', 'null', 'https://x/', 'https://x/a', 'https://X', 'x', 'https://*.x']],
    ['INTROSPECTION_CLIENTS', [KEY, `:${KEY}`, `a b:${KEY}`, 'a:short', `a:${KEY},a:${KEY}`]],
    ['TRUSTED_PROXIES', ['10.0.0.0/33', 'localhost', '0.0.0.0/0', '::/0']],
    ['SMTP_URL', ['mail.example.com:25', 'http://mail', 'smtp://', 'smtp:///mail']],
    [
      'MAIL_FROM',
      ['Ann', 'a@b', 'Ann <a@example.com', 'A\r\nBcc: b@c.de <a@example.com>', 'a@x.de, b@y.de'],
    ],
    ['REST_ROOT', ['QDash', 'a b', '/qdash']],
    ['JWT_ALG', ['none', 'RS256']],
    ['ADMIN_USERNAME', [' ']],
  ])('refuses in %s: %j', (name, values) => {
    for (const value of values) expect(faultsOf({ [name]: value }), value).toHaveLength(1);
  });
});
