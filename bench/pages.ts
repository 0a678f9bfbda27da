// `npm run bench:pages`: what a page of users costs among 10,000 and among 1,000,000 on PostgreSQL, by
// the statement alone, in every order and at every place. Fails where a page costs over 1.3 times as much.
import pg from 'pg';
import type { Database } from '../src/db/database.ts';
import { connect } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate/migrate.ts';
import { listUsers, type UserFilter, type UserList } from '../src/features/users/list-store.ts';
import {
  ORDER_DIRECTIONS,
  USER_ORDER_FIELDS,
  type UserOrder,
  userOrder,
} from '../src/features/users/order.ts';
import { searchIndexStatements } from '../test/support/search-index.ts';
import { type BenchDatabase, makeEmptyPostgresql, onServer } from './database.ts';
import { median } from './measure.ts';

const SIZES = [10_000, 1_000_000] as const;
const GOAL = 1.3;
const PLACES = 20;
const PAGES = 400;
/** Of what reads every row, and takes seconds. */
const SLOW_PAGES = 5;
const SIGN_INS = 2000;
const LIMIT = 50;
const TENANT = 'bench';

interface Case {
  readonly name: string;
  readonly order: UserOrder;
  readonly filter: UserFilter;
  readonly place: 'first' | 'middle' | 'last';
  /** Whether the goal holds for it: what reads every row cannot meet it. */
  readonly isBound: boolean;
}

const BY_NAME: UserOrder = { field: 'USERNAME', direction: 'ASC' };
const CASES: readonly Case[] = [
  ...USER_ORDER_FIELDS.flatMap((field) =>
    ORDER_DIRECTIONS.flatMap((direction) =>
      (['first', 'middle', 'last'] as const).map((place) => ({
        name: `${field} ${direction}, ${place}`,
        order: { field, direction },
        filter: {},
        place,
        isBound: true,
      })),
    ),
  ),
  filtered('10 administrators', { systemRole: 'ADMIN' }, true),
  filtered('100 disabled', { disabled: true }, true),
  filtered('a tenant of 100', { tenantId: TENANT }, true),
];
const SEARCHES: readonly Case[] = [
  filtered('search, found often', { search: 'user-a' }, false),
  filtered('search, found seldom', { search: '3f2a9' }, false),
  filtered('search, found never', { search: 'nobody at all' }, false),
];

const serverUrl = process.env['TEST_POSTGRES_URL'];
if (serverUrl === undefined) throw new Error('TEST_POSTGRES_URL must name a PostgreSQL server.');

const made: BenchDatabase[] = [];
try {
  const databases = [];
  for (const size of SIZES) {
    process.stderr.write(`filling ${size.toLocaleString('en')}\n`);
    const database = await makeEmptyPostgresql(serverUrl);
    made.push(database);
    databases.push(await fill(database.url, size));
  }
  const largest = made.at(-1)?.url ?? '';
  const rows = [];
  for (const one of [...CASES, ...SEARCHES]) rows.push(await measure(one, databases));
  const plain = await measureSignIns(largest);
  for (const { url } of made) await makeSearchIndex(url);
  for (const one of SEARCHES) {
    rows.push(await measure({ ...one, name: `${one.name}, by trigrams` }, databases));
  }
  const indexed = await measureSignIns(largest);
  const sizes = await sizesOf(largest);
  for (const database of databases) await database.close();
  report(rows);
  process.stdout.write(
    `\nWriting down when somebody signed in: ${plain.toFixed(2)} ms, by trigrams ${indexed.toFixed(2)} ms.\n` +
      `The index takes ${sizes.index}, the accounts without indexes ${sizes.accounts}.\n`,
  );
} finally {
  for (const { drop } of made) await drop();
}

function filtered(name: string, filter: UserFilter, isBound: boolean): Case {
  return { name: `${name}, first`, order: BY_NAME, filter, place: 'first', isBound };
}

/** Accounts whose names, sign-ins and ids come in no order, so that a page is spread over the table. */
async function fill(databaseUrl: string, users: number): Promise<Database> {
  await migrate(databaseUrl);
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(
    `INSERT INTO "User" ("id", "username", "usernameKey", "email", "emailKey", "handleKey", "name",
       "nameKey", "systemRole", "disabled", "emailVerifiedAt", "lastLoginAt", "createdAt", "updatedAt")
     SELECT md5('id' || i), name, name, name || '@example.org', name || '@example.org', name,
       'Name ' || i, 'name ' || i, CASE WHEN i <= 10 THEN 'ADMIN' ELSE 'USER' END::"SystemRole",
       i % ($1 / 100) = 0, CASE WHEN i % 2 = 0 THEN at END,
       CASE WHEN i % 3 > 0 THEN at - ('x' || substr(name, 6, 6))::bit(24)::int * interval '1 s' END,
       at - i * interval '1 s', at
     FROM generate_series(1, $1::int) AS i, LATERAL (SELECT 'user-' || md5(i::text) AS name,
       TIMESTAMP '2026-01-31' AS at) AS made`,
    [users],
  );
  await client.query(
    `INSERT INTO "Tenant" ("id", "name", "createdAt", "updatedAt")
     VALUES ('${TENANT}', '${TENANT}', TIMESTAMP '2026-01-31', TIMESTAMP '2026-01-31')`,
  );
  await client.query(
    `INSERT INTO "TenantMembership" ("tenantId", "userId", "role", "createdAt")
     SELECT '${TENANT}', md5('id' || i), 'MEMBER', TIMESTAMP '2026-01-31'
     FROM generate_series(1, 100) AS i`,
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
  return connect({ databaseUrl });
}

async function makeSearchIndex(url: string): Promise<void> {
  for (const statement of searchIndexStatements()) await onServer(url, statement);
  await onServer(url, 'VACUUM ANALYZE "User"');
}

async function sizesOf(url: string) {
  const [row] = await onServer<{ index: string; accounts: string }>(
    url,
    `SELECT pg_size_pretty(pg_relation_size('"User_search_idx"')) AS index,
       pg_size_pretty(pg_relation_size('"User"')) AS accounts`,
  );
  return row ?? { index: '', accounts: '' };
}

/** What it takes the database, in milliseconds each, to write down that many signed in. */
async function measureSignIns(url: string): Promise<number> {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const before = performance.now();
    await onServer(
      url,
      `UPDATE "User" SET "lastLoginAt" = now()::timestamp
       WHERE "id" IN (SELECT "id" FROM "User" ORDER BY "id" OFFSET ${round * SIGN_INS} LIMIT ${SIGN_INS})`,
    );
    times.push((performance.now() - before) / SIGN_INS);
  }
  return median(times);
}

/** The median of a page in each database, turn by turn, so that a busy moment hits both. */
async function measure(one: Case, databases: readonly Database[]) {
  const lists = [];
  for (const db of databases) lists.push(await placesOf(db, one));
  const times = databases.map((): number[] => []);
  const rounds = (one.isBound ? PAGES : SLOW_PAGES) / (lists[0]?.length ?? 1);
  for (let round = 0; round < rounds; round++) {
    for (const [index, db] of databases.entries()) {
      for (const list of lists[index] ?? []) {
        const before = performance.now();
        await listUsers(db, list);
        // The first rounds fetch from the disk what the others find in memory.
        if (round > 1) times[index]?.push(performance.now() - before);
      }
    }
  }
  const [small = 0, large = 0] = times.map(median);
  return { ...one, small, large, ratio: large / small };
}

async function placesOf(db: Database, { order, filter, place }: Case): Promise<UserList[]> {
  const page = { direction: 'forward', limit: LIMIT, key: undefined } as const;
  const list: UserList = { order, filter, page };
  if (place === 'first') return [list];
  if (place === 'last') return [{ ...list, page: { ...page, direction: 'backward' } }];
  const total = await db.prisma.user.count();
  const all = await listUsers(db, { ...list, page: { ...page, limit: total } });
  const { keyOf } = userOrder(order);
  return Array.from({ length: PLACES }, (_, index) => {
    const at = all[Math.floor(((index + 1) * total) / (PLACES + 1))];
    return { ...list, page: { ...page, key: at && keyOf(at) } };
  });
}

function report(rows: readonly Awaited<ReturnType<typeof measure>>[]): void {
  const [small, large] = SIZES.map((size) => size.toLocaleString('en'));
  const lines = rows.map(
    ({ name, small, large, ratio, isBound }) =>
      `| ${name} | ${small.toFixed(2)} | ${large.toFixed(2)} | ${ratio.toFixed(2)}${isBound ? '' : ' (no goal)'} |`,
  );
  process.stdout.write(
    `| page of ${LIMIT} | ${small}, ms | ${large}, ms | ratio |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`,
  );
  const missed = rows.filter(({ isBound, ratio }) => isBound && ratio > GOAL);
  if (missed.length === 0) return;
  process.stderr.write(`over ${GOAL}: ${missed.map(({ name }) => name).join('; ')}\n`);
  process.exitCode = 1;
}
