import { z } from 'zod';
import { MAX_ARGON2_LANES, MAX_MEMORY_KIB } from '../adapters/password-hashes/work.ts';
import { DEFAULT_NICE } from '../adapters/yielding-pool.ts';
import { CONNECTIONS } from './connections.ts';
import { DATABASE } from './database.ts';
import {
  databaseUrl,
  integer,
  keyPrefix,
  mailbox,
  names,
  onOff,
  oneOf,
  origins,
  proxies,
  publicUrl,
  replicaUrls,
  secretKeys,
  serviceClients,
  setupToken,
  smtpUrl,
  text,
  trueOrFalse,
} from './fields.ts';
import { MAIL_BUDGETS } from './mail-budgets.ts';
import { RETENTION } from './retention.ts';
import { TELEMETRY } from './telemetry.ts';
import { TIMES } from './times.ts';

const YEAR_SECONDS = 31_536_000;
const seconds = (min: number) => integer(min, 10 * YEAR_SECONDS);

/**
 * Every environment variable. `description` and the default (where another variable decides it,
 * `defaultText`) are what the reference and `.env.example` print.
 */
export const ENVIRONMENT = z.object({
  PROFILE: oneOf('development', 'production').default('production').meta({
    description:
      'What an unset variable means where safety and comfort differ; `npm start` sets `development`.',
  }),
  PORT: integer(0, 65_535).default(4000).meta({
    description: 'TCP port to listen on; 0 takes a free one.',
  }),
  HOST: text.optional().meta({
    description: 'Address to listen on.',
    defaultText: '`127.0.0.1` in development, `0.0.0.0` in production',
  }),
  DATABASE_URL: databaseUrl.optional().meta({
    secret: true,
    description: 'Database: `file:<path>` (SQLite), `postgres://…` or `postgresql://…`.',
    defaultText: '`file:<DATA_DIR>/vestibule.db`',
  }),
  DIRECT_DATABASE_URL: databaseUrl.optional().meta({
    secret: true,
    description:
      'The same database past a pooler that `DATABASE_URL` goes through: for LISTEN and migrations, which ' +
      'need a session of their own.',
    defaultText: '`DATABASE_URL`',
  }),
  ALLOW_NEWER_DATABASE: trueOrFalse.default(false).meta({
    description:
      'Whether a release starts on a database that a newer one has migrated, `true` or `false`: to go back by ' +
      'one release where its notes allow it (docs/operate/upgrade.md).',
  }),
  READ_REPLICA_URLS: replicaUrls.default([]).meta({
    secret: true,
    description:
      'Read replicas of the PostgreSQL of `DATABASE_URL`, comma-separated: lists of users and of audit ' +
      'events are read there, by whichever has all that is committed when they are asked for.',
    defaultText: 'none',
  }),
  ...DATABASE,
  DATA_DIR: text.default('./data').meta({
    description:
      'Folder of the SQLite database and of what the server makes for itself; for its user only (0700).',
  }),
  SECRET_KEY: secretKeys.optional().meta({
    secret: true,
    description:
      'Key that protects stored secrets, at least 32 bytes. Several, separated by commas, rotate it: ' +
      'the first one encrypts, all decrypt.',
    defaultText: 'made in `DATA_DIR` on SQLite, required on PostgreSQL',
  }),
  PUBLIC_URL: publicUrl.optional().meta({
    description: 'Address at which clients reach the server; issuer of its tokens.',
    defaultText: '`http://localhost:<PORT>`',
  }),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
    .default('info')
    .meta({
      description: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
    }),

  ADMIN_USERNAME: text.optional().meta({
    description: 'A user created with exactly this name becomes a system admin.',
    defaultText: 'nobody',
  }),
  QDASH_ADMIN_USERNAME: text.optional().meta({
    description: 'Another name for `ADMIN_USERNAME`; both set must agree.',
    defaultText: 'nobody',
  }),
  DEFAULT_ADMIN: trueOrFalse.default(false).meta({
    description:
      'Whether a start without any user makes `admin` with the password `admin`, who can do nothing ' +
      'but change it, `true` or `false`. In production only with `OPEN_SETUP=true`.',
  }),
  SELF_REGISTRATION: oneOf('open', 'admin').default('open').meta({
    description:
      'Who makes accounts: anybody (`open`) or only system administrators and invitations (`admin`).',
  }),
  ALLOW_AUTH_DISABLE: trueOrFalse.optional().meta({
    description:
      'Whether authentication may be turned off, `true` or `false`; with `false` it is on even ' +
      'where it was off before.',
    defaultText: '`true` in development, `false` in production',
  }),
  OPEN_SETUP: trueOrFalse.optional().meta({
    description:
      'Whether setup works without a token, `true` or `false`. With `true` the first client that ' +
      'calls `setup` becomes the administrator.',
    defaultText: '`true` in development without `SETUP_TOKEN`, `false` otherwise',
  }),
  SETUP_TOKEN: setupToken.optional().meta({
    secret: true,
    description:
      'One-time token that setup takes, at least 16 characters. It means nothing once there is a user.',
    defaultText: 'made at the first start, printed and kept in `DATA_DIR` as `setup-token`',
  }),

  PASSWORD_MIN_LENGTH: integer(1, 128).default(8).meta({
    description: 'Fewest characters of a new password.',
  }),
  PASSWORD_MIN_LENGTH_SINGLE_FACTOR: integer(1, 128).optional().meta({
    description:
      'The same where nothing but the password is asked for at sign-in; NIST SP 800-63B-4 wants 15.',
    defaultText: 'what `PASSWORD_MIN_LENGTH` is',
  }),
  PASSWORD_BLOCKLIST: onOff.optional().meta({
    description:
      'Whether common and breached passwords and those made of names are refused, `on` or `off`.',
    defaultText: '`on`',
  }),
  ARGON2_MEMORY_KIB: integer(8, MAX_MEMORY_KIB).default(19_456).meta({
    description: 'Memory of one password hash, in KiB.',
  }),
  ARGON2_TIME: integer(1, 1000).default(2).meta({
    description: 'Passes over that memory; the product of the two is at most 1,048,576.',
  }),
  ARGON2_PARALLELISM: integer(1, MAX_ARGON2_LANES).default(1).meta({
    description: 'Lanes (threads) of one hash.',
  }),
  HASH_CONCURRENCY: integer(1, 1023)
    .optional()
    .meta({
      description:
        'Passwords hashed at once; one fewer than there are CPU cores while the server has hardly any ' +
        'rest otherwise. Hashing shares `UV_THREADPOOL_SIZE` threads with DNS, files and crypto, so it ' +
        'must stay below that number.',
      defaultText: 'CPU cores, at most `UV_THREADPOOL_SIZE` - 1',
    }),
  HASH_NICE: integer(0, 19)
    .default(DEFAULT_NICE)
    .meta({
      description:
        'How much the threads that hash give way to everything else on the machine, as `nice` counts: 0 not ' +
        'at all, 19 wholly. On Linux and of `node dist/main.cjs`, which is what a container runs; it is ' +
        'read before `.env` is.',
    }),
  HASH_QUEUE_LIMIT: integer(0, 100_000).default(100).meta({
    description:
      'Passwords that may wait for a hash; past it sign-in answers `OVERLOADED` at once.',
  }),
  UV_THREADPOOL_SIZE: integer(2, 1024).default(4).meta({
    description:
      'Threads of Node’s own pool. Node reads it; raise it together with `HASH_CONCURRENCY`.',
  }),

  JWT_ALG: oneOf('EdDSA', 'HS256').default('EdDSA').meta({
    description: 'How tokens are signed: `EdDSA` (keys published as JWKS) or `HS256`.',
  }),
  SIGNING_KEY_ROTATE_DAYS: integer(0, 3650)
    .default(90)
    .meta({
      description:
        'Age in days at which the key that signs tokens gives way to the next one; 0 leaves that to ' +
        '`keys rotate`.',
    }),
  ...RETENTION,
  ACCESS_TOKEN_SECONDS: seconds(1).default(3600).meta({
    description: 'Life of an access token, in seconds.',
  }),
  REFRESH_TOKEN_SECONDS: seconds(1).default(2_592_000).meta({
    description: 'Life of a refresh token, in seconds; using it starts a new one.',
  }),
  REFRESH_GRACE_SECONDS: seconds(0).default(30).meta({
    description:
      'How long a refresh token that was exchanged gets its successor again, even if that was used since, in seconds.',
  }),
  SESSION_MAX_SECONDS: seconds(1).default(7_776_000).meta({
    description: 'Longest life of a session whatever is refreshed, in seconds.',
  }),
  SESSIONS_PER_USER: integer(1, 10_000).default(100).meta({
    description: 'Live sessions a user may have; a further sign-in ends the oldest.',
  }),
  FRESH_SECONDS: seconds(1).default(3600).meta({
    description: 'How long after signing in credentials may be changed, in seconds.',
  }),

  API_KEY_PREFIX: keyPrefix.default('qzr_').meta({
    description:
      'What API keys begin with, so that people and scanners know them. Keys with another prefix are ' +
      'refused: change it before there are any.',
  }),
  API_KEYS_PER_USER: integer(1, 100_000).default(1000).meta({
    description: 'Live API keys a user may have; past it another one is refused.',
  }),
  INTROSPECTION_CLIENTS: serviceClients.optional().meta({
    secret: true,
    description:
      'Services, comma-separated as `id:secret` with secrets of at least 32 bytes, that may ask at ' +
      '`/oauth/introspect` whether a token counts.',
    defaultText: 'none',
  }),

  SMTP_URL: smtpUrl.optional().meta({
    secret: true,
    description:
      'Mail server: `smtp://user:password@host:587` or `smtps://…`. A password is only sent ' +
      'encrypted, except to this machine.',
    defaultText:
      'a folder `mail` in `DATA_DIR` in development; in production mail waits until it is set',
  }),
  MAIL_FROM: mailbox.optional().meta({
    description: 'Sender of all mail: an address, or a name and an `<address>`.',
    defaultText: '`no-reply` at the host of `PUBLIC_URL`',
  }),
  ...MAIL_BUDGETS,

  THROTTLE: onOff.optional().meta({
    description:
      'Whether guessing is slowed down, `on` or `off`. Turn it off for tests of load alone.',
    defaultText: '`on`',
  }),
  TRUSTED_PROXIES: proxies.default([]).meta({
    description:
      'Addresses or CIDR ranges, comma-separated, whose `X-Forwarded-For` names the client.',
    defaultText: 'none',
  }),
  CORS_ORIGINS: origins.default([]).meta({
    description: 'Exact origins, comma-separated, whose pages may call the server.',
    defaultText: 'none',
  }),
  ...CONNECTIONS,
  REST_ROOT: names.default(['qdash', 'dukatia', 'union']).meta({
    description: 'REST dialects, comma-separated, that answer at their bare documented paths.',
    defaultText: '`qdash,dukatia,union`',
  }),
  REST_REFERENCE: onOff.optional().meta({
    description:
      'Whether the OpenAPI documents of the REST dialects and their reference at `/compat` are served, `on` or `off`.',
    defaultText: '`on` in development, `off` in production',
  }),

  GRAPHIQL: onOff.optional().meta({
    description: 'Whether GraphiQL is served, `on` or `off`.',
    defaultText: '`on` in development, `off` in production and where `TRUSTED_DOCUMENTS` is `only`',
  }),
  INTROSPECTION: onOff.optional().meta({
    description: 'Whether the schema may be asked for, `on` or `off`.',
    defaultText: '`on` in development, `off` in production',
  }),
  TRUSTED_DOCUMENTS: oneOf('only', 'prefer', 'off')
    .default('off')
    .meta({
      description:
        'Whether GraphQL takes nothing but the documents of `TRUSTED_DOCUMENTS_FILE` (`only`), those by ' +
        'their ids beside others (`prefer`), or no ids (`off`).',
    }),
  TRUSTED_DOCUMENTS_FILE: text.optional().meta({
    description:
      'JSON file of documents by their SHA-256, as the client preset of GraphQL Code Generator writes it.',
    defaultText: 'none',
  }),
  ...TELEMETRY,
  BODY_LIMIT_BYTES: integer(1024, 1_073_741_824).default(1_048_576).meta({
    description: 'Largest request body, in bytes.',
  }),
  ...TIMES,
});

export type Environment = z.output<typeof ENVIRONMENT>;
