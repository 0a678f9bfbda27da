import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/db/migrate/migrate.ts';

const SERVER = process.env['TEST_POSTGRES_URL'];
/** What the names of the databases of one run begin with; `clean-up.ts` drops what it leaves. */
const RUN = process.env['TEST_RUN'];

interface ServerDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

const INVALID_CATALOG_NAME = '3D000';

/** Databases that are as new, for the next test: making one and dropping it takes the server a third of a second. */
const asNew: string[] = [];
let newState: string | undefined;

/** All that a test may leave behind besides rows. */
const STATE = `
  SELECT json_build_array(
    (SELECT json_agg(format('%s %s', relkind, relname) ORDER BY relname)
     FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT json_agg(format('%s %s', tgname, tgenabled) ORDER BY tgname)
     FROM pg_trigger WHERE NOT tgisinternal),
    (SELECT json_agg(setconfig) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
     WHERE datname = current_database()),
    (SELECT count(*) FROM "_prisma_migrations")
  )::text AS state`;
const END_OTHERS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;
const FILLED = `
  SELECT format('%I', relname) AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> '_prisma_migrations' AND pg_relation_size(oid) > 0`;

/** The planner thinks otherwise of tables that were found empty than of those that nobody has looked at yet. */
const FORGET = [
  `UPDATE pg_class SET relpages = 0, reltuples = -1, relallvisible = 0
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')`,
  `DELETE FROM pg_statistic WHERE starelid IN
     (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)`,
];

/** A migrated database: one that another test is done with, or else a copy of the template. */
export async function takeServerDatabase(template: string): Promise<ServerDatabase> {
  const name = asNew.pop() ?? (await copyOf(template));
  newState ??= await onDatabase(name, stateOf);
  return { url: databaseUrl(name), drop: () => giveBack(name) };
}

/** A database of the template, which nobody has after this. */
export async function createServerDatabase(template: string): Promise<ServerDatabase> {
  const name = await copyOf(template);
  return { url: databaseUrl(name), drop: () => dropDatabase(name) };
}

/** Workers may do so at once: migrate() lets one of them do it. */
export async function makeServerTemplate(name: string): Promise<string> {
  await onDatabase(undefined, async (client) => {
    try {
      await client.query(`CREATE DATABASE "${name}"`);
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined;
      // It is there, or another worker makes it at this moment.
      if (code !== '42P04' && code !== '23505') throw error;
    }
  });
  await migrate(databaseUrl(name));
  return name;
}

/** Drops every database whose name begins so. */
export async function dropServerDatabases(prefix: string): Promise<void> {
  await onDatabase(undefined, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  });
}

async function giveBack(name: string): Promise<void> {
  const isAsNew = RUN !== undefined && (await onDatabase(name, empty).catch(ifGone));
  if (isAsNew) asNew.push(name);
  else await dropDatabase(name);
}

/** A test may have taken its database away. Anything else that fails is a fault of this file. */
function ifGone(error: unknown): false {
  if (error instanceof pg.DatabaseError && error.code === INVALID_CATALOG_NAME) return false;
  throw error;
}

/** Whether nothing is left of the test that had it. */
async function empty(client: pg.Client): Promise<boolean> {
  await client.query(END_OTHERS);
  if ((await stateOf(client)) !== newState) return false;
  const { rows } = await client.query<{ name: string }>(FILLED);
  const tables = rows.map(({ name }) => name);
  if (tables.length === 0) return true;
  // Neither checks nor triggers; TRUNCATE would make new files and wait for the disk.
  await client.query('SET session_replication_role = replica');
  await client.query(tables.map((table) => `DELETE FROM ${table}`).join('; '));
  await client.query(`VACUUM ${tables.join(', ')}`);
  for (const statement of FORGET) await client.query(statement);
  return true;
}

async function stateOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ state: string }>(STATE);
  return rows[0]!.state;
}

async function copyOf(template: string): Promise<string> {
  const name = `${RUN ?? 'vestibule'}_${randomUUID()}`;
  await onDatabase(undefined, async (client) => {
    await createFromTemplate(client, name, template);
    // No test cuts the power.
    await client.query(`ALTER DATABASE "${name}" SET synchronous_commit = off`);
  });
  return name;
}

/**
 * Copies its files, which is a third of the work of writing them to the log as well. Tries again while
 * another worker still has its migrating connection to the template open.
 */
async function createFromTemplate(client: pg.Client, name: string, template: string) {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY file_copy`);
      return;
    } catch (error) {
      const inUse = error instanceof pg.DatabaseError && error.code === '55006';
      if (!inUse || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function dropDatabase(name: string): Promise<void> {
  return onDatabase(undefined, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  });
}

async function onDatabase<T>(
  name: string | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(name === undefined ? SERVER : databaseUrl(name));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(name: string): string {
  const url = new URL(SERVER ?? '');
  url.pathname = name;
  return url.href;
}
