// What a session and an audit event take on PostgreSQL, indexes included: writes the table of
// docs/operate/growth.md. TEST_POSTGRES_URL names a server where a database may be made.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { migrate } from '../src/db/migrate/migrate.ts';

const ROWS = 100_000;
const PAGE = 'docs/operate/growth.md';
const TABLE = /(<!-- rows:start -->\n)[\s\S]*?(<!-- rows:end -->)/;

const server = process.env['TEST_POSTGRES_URL'];
if (server === undefined) throw new Error('TEST_POSTGRES_URL is not set');
const name = `vestibule_rows_${randomUUID()}`;
const url = new URL(server);
url.pathname = name;

const admin = new pg.Client(server);
await admin.connect();
await admin.query(`CREATE DATABASE "${name}"`);
const client = new pg.Client(url.href);
try {
  await migrate(url.href);
  await client.connect();
  const rows = [await fill('Session', sessions()), await fill('AuditEvent', events())];
  const lines = rows.map(
    ([table, bytes]) =>
      `| \`${table}\` | ${bytes} | ${((bytes * 36.5e6) / 2 ** 30).toFixed(1)} GiB |\n`,
  );
  const head = `\n<!-- prettier-ignore -->\n| Row of | Bytes, with indexes | 36.5 million |\n| --- | ---: | ---: |\n`;
  const page = readFileSync(PAGE, 'utf8').replace(
    TABLE,
    (_all, start: string, end: string) => `${start}${head}${lines.join('')}\n${end}`,
  );
  writeFileSync(PAGE, page);
} finally {
  await client.end();
  await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  await admin.end();
}

async function fill(table: string, insert: string): Promise<readonly [string, number]> {
  await client.query(insert);
  await client.query(`VACUUM FULL "${table}"`);
  const size = `SELECT pg_total_relation_size('"${table}"')::float8 AS bytes`;
  const { rows } = await client.query<{ bytes: number }>(size);
  return [table, Math.round((rows[0]?.bytes ?? 0) / ROWS)];
}

function sessions(): string {
  return `
    WITH person AS (
      INSERT INTO "User" ("id", "username", "usernameKey", "handleKey", "name", "nameKey", "systemRole", "createdAt", "updatedAt")
      VALUES ('${randomUUID()}', 'ann', 'ann', 'ann', '', '', 'USER', now(), now()) RETURNING "id"
    )
    INSERT INTO "Session" ("id", "userId", "generation", "rotatedAt", "amr", "authenticatedAt",
      "userAgent", "ipAddress", "createdAt", "lastSeenAt", "expiresAt")
    SELECT gen_random_uuid(), person."id", 3, now(), 'pwd', now(), repeat('Mozilla/5.0 ', 9),
      '192.0.2.7', now(), now(), now() FROM person, generate_series(1, ${ROWS})`;
}

function events(): string {
  return `
    INSERT INTO "AuditEvent" ("sequence", "id", "at", "actorKind", "actorId", "actorName", "action",
      "outcome", "ipAddress", "userAgent", "requestId", "sessionId", "details", "previousHash", "hash")
    SELECT n, gen_random_uuid(), now(), 'user', gen_random_uuid(), 'ann', 'auth.login', 'success',
      '192.0.2.7', repeat('Mozilla/5.0 ', 9), gen_random_uuid(), gen_random_uuid(), '{"amr":"pwd"}',
      repeat('x', 43), repeat('y', 43) FROM generate_series(1, ${ROWS}) AS n`;
}
