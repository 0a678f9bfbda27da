import type { AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import WebSocket from 'ws';
import { BENCH_PASSWORD as PASSWORD } from '../../bench/people.ts';
import { DISABLE_AUTH } from '../../test/support/auth-switch-documents.ts';
import type { LoneServer } from '../../test/support/cluster.ts';
import { startDatabaseProxy } from '../../test/support/database-proxy.ts';
import { LOGIN, REGISTER } from '../../test/support/documents.ts';
import { REQUEST_PASSWORD_RESET } from '../../test/support/password-documents.ts';
import type { ServerProcess } from '../../test/support/process.ts';
import { COUNT_USERS } from '../../test/support/user-documents.ts';
import { graphql, signIn } from '../faults/watch.ts';

/** What a fault is done to. */
interface Stage {
  readonly database: LoneServer;
  readonly name: string;
  readonly process: ServerProcess;
  /** Goes on until the fault is over. */
  readonly repeat: (work: () => Promise<unknown>, everyMs?: number) => void;
  /** Has Prometheus scrape one more. */
  readonly scrapeToo: (host: string) => Promise<void>;
  /** Runs when the fault is over. */
  readonly after: (mend: () => unknown) => void;
}

export interface AlertFault {
  readonly alert: string;
  readonly fault: string;
  /** Variables of the process, by the address of the database. */
  readonly env?: (databaseUrl: string) => Promise<Record<string, string>>;
  readonly happen: (stage: Stage) => Promise<unknown>;
}

const QUEUE = {
  kind: 'newDevice',
  body: '',
  toName: '',
  subject: '',
  toAddress: 'ann@example.com',
};
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const login = ({ process: { url } }: Stage, username: string, password: string) =>
  graphql(url, LOGIN, { input: { username, password } });
const register = ({ process: { url } }: Stage, username: string) =>
  graphql(url, REGISTER, { input: { username, password: PASSWORD } });

async function sql({ database, name }: Stage, text: string): Promise<void> {
  const client = new pg.Client(database.urlOf(name));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const many = (count: number, work: (n: number) => Promise<unknown>) => () =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** A mail that has waited since then. */
function mail(stage: Stage, createdAt: Date, attempts = 0): Promise<unknown> {
  const at = createdAt.toISOString();
  const { kind, body, toName, subject, toAddress } = QUEUE;
  return sql(
    stage,
    `INSERT INTO "OutboxMail" ("id", "messageId", "kind", "toAddress", "toName", "subject", "body", "createdAt", "dueAt", "attempts")
     VALUES ('m', 'm', '${kind}', '${toAddress}', '${toName}', '${subject}', '${body}', '${at}', now(), ${attempts})`,
  );
}

/** A process that is not there, of which this is what it would say. */
async function standIn(stage: Stage, text: string): Promise<void> {
  const server = createHttpServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${text}\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.after(() => server.close());
  await stage.scrapeToo(`127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Holds the row of a user that everybody wants. */
async function lockRows(stage: Stage): Promise<void> {
  await register(stage, 'ann');
  const held = sql(
    stage,
    `BEGIN; SELECT FROM "User" WHERE "username" = 'ann' FOR UPDATE; SELECT pg_sleep(45); ROLLBACK`,
  );
  stage.after(() => held.catch(() => undefined));
  stage.repeat(many(20, () => login(stage, 'ann', PASSWORD)));
}

export const FAULTS: readonly AlertFault[] = [
  {
    alert: 'VestibuleProcessDown',
    fault: 'the process is killed',
    happen: ({ process }) => process.stop('SIGKILL'),
  },
  {
    alert: 'VestibuleAllDown',
    fault: 'the only process is killed',
    happen: ({ process }) => process.stop('SIGKILL'),
  },
  {
    alert: 'VestibuleDatabaseDown',
    fault: 'PostgreSQL is killed',
    happen: async ({ database, after }) => {
      await database.kill();
      after(() => database.start());
    },
  },
  { alert: 'VestibulePoolExhausted', fault: 'a lock is held', happen: lockRows },
  {
    alert: 'VestibuleSlow',
    fault: 'a lock is held',
    env: async () => ({
      DATABASE_LOCK_SECONDS: '20',
      DATABASE_QUERY_SECONDS: '20',
      DATABASE_WAIT_SECONDS: '20',
      DATABASE_TRANSACTION_SECONDS: '25',
    }),
    happen: lockRows,
  },
  {
    alert: 'VestibuleErrors',
    fault: 'a table is gone',
    happen: async (stage) => {
      await sql(stage, 'ALTER TABLE "OutboxMail" RENAME TO "Elsewhere"');
      await sql(stage, 'ALTER TABLE "TenantMembership" RENAME TO "Elsewhere2"');
      stage.repeat(() => register(stage, `user${Math.random()}`));
    },
  },
  {
    alert: 'VestibuleOverloaded',
    fault: 'a flood of sign-ins',
    env: async () => ({ HASH_QUEUE_LIMIT: '1', ARGON2_MEMORY_KIB: '65536', ARGON2_TIME: '3' }),
    happen: async (stage) => stage.repeat(many(20, (n) => login(stage, `user${n}`, PASSWORD))),
  },
  {
    alert: 'VestibuleGuessing',
    fault: 'passwords are guessed',
    happen: async (stage) => stage.repeat(many(10, (n) => login(stage, `user${n}`, 'wrong'))),
  },
  {
    alert: 'VestibuleDeaf',
    fault: 'the listening connection does not come through',
    happen: async (stage) => {
      stage.repeat(
        () =>
          sql(
            stage,
            `SELECT pg_terminate_backend("pid") FROM pg_stat_activity WHERE "application_name" = 'vestibule listener'`,
          ),
        20,
      );
    },
  },
  {
    alert: 'VestibuleReplicaDown',
    fault: 'the read replica is gone',
    env: async (databaseUrl) => {
      const proxy = await startDatabaseProxy(databaseUrl);
      await proxy.close();
      return { READ_REPLICA_URLS: proxy.url };
    },
    happen: async (stage) => {
      await register(stage, 'admin2');
      const { accessToken } = await signIn(stage.process.url, 'admin');
      stage.repeat(() => graphql(stage.process.url, COUNT_USERS, {}, accessToken));
    },
  },
  {
    alert: 'VestibuleMailWaits',
    fault: 'the mail server is gone',
    env: async () => ({ SMTP_URL: 'smtp://127.0.0.1:9' }),
    happen: (stage) => mail(stage, new Date(Date.now() - 60 * MINUTE)),
  },
  {
    alert: 'VestibuleMailGivenUp',
    fault: 'the mail server was gone for days',
    env: async () => ({ SMTP_URL: 'smtp://127.0.0.1:9' }),
    happen: (stage) => mail(stage, new Date(Date.now() - 4 * DAY), 20),
  },
  {
    alert: 'VestibuleMailBudget',
    fault: 'more resets than MAIL_PER_HOUR',
    env: async () => ({ MAIL_PER_HOUR: '10', MAIL_PER_ACCOUNT: '1', MAIL_PER_ADDRESS: '1' }),
    happen: async (stage) => {
      for (let n = 0; n < 20; n++) {
        const email = `user${n}@example.com`;
        const { url } = stage.process;
        await graphql(url, REGISTER, {
          input: { username: `user${n}`, password: PASSWORD, email },
        });
        await graphql(url, REQUEST_PASSWORD_RESET, { input: { email } });
      }
    },
  },
  {
    alert: 'VestibuleSigningKeyOld',
    fault: 'the key is never replaced',
    env: async () => ({ SIGNING_KEY_ROTATE_DAYS: '0' }),
    happen: async (stage) => {
      await sql(
        stage,
        `UPDATE "SigningKey" SET "createdAt" = now() - interval '100 days', "activeFrom" = "activeFrom" - interval '100 days' WHERE "slot" = 'ACTIVE'`,
      );
    },
  },
  {
    alert: 'VestibuleCleanUpStopped',
    fault: 'a process whose last clean-up is hours old (stand-in)',
    happen: (stage) =>
      standIn(
        stage,
        `vestibule_clean_up_last_success_timestamp_seconds ${Date.now() / 1000 - 4 * 3600}`,
      ),
  },
  {
    alert: 'VestibuleConnectionsRefused',
    fault: 'more WebSockets than SOCKETS_PER_ADDRESS',
    env: async () => ({ SOCKETS_PER_ADDRESS: '1' }),
    happen: async (stage) => {
      const open = () => {
        const socket = new WebSocket(
          `${stage.process.url.replace('http', 'ws')}/graphql`,
          'graphql-transport-ws',
        );
        socket.on('error', () => undefined);
        stage.after(() => socket.terminate());
      };
      stage.repeat(async () => open(), 500);
    },
  },
  {
    alert: 'VestibuleMemory',
    fault: 'the process takes more than it may',
    happen: async () => undefined,
  },
  {
    alert: 'VestibuleLoopBlocked',
    fault: 'the process gets no processor',
    happen: async (stage) => {
      const { child } = stage.process;
      stage.after(() => child.kill('SIGCONT'));
      stage.repeat(async () => {
        child.kill('SIGSTOP');
        await sleep(800);
        child.kill('SIGCONT');
        await sleep(300);
      });
    },
  },
  {
    alert: 'VestibuleAuthenticationOff',
    fault: 'an administrator turns authentication off',
    env: async () => ({ ALLOW_AUTH_DISABLE: 'true' }),
    happen: async ({ process: { url } }) => {
      const { accessToken } = await signIn(url, 'admin');
      await graphql(url, DISABLE_AUTH, {}, accessToken);
    },
  },
  {
    alert: 'VestibuleReleasesDiffer',
    fault: 'another release beside it (stand-in)',
    happen: (stage) => standIn(stage, 'vestibule_build_info{version="0.0.1"} 1'),
  },
];
