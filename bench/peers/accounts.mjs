// What the peers share: the accounts that they are measured with, in a database each of its own.
import pg from 'pg';

const USERS = Number(process.env['USERS']);

export const PASSWORD = process.env['BENCH_PASSWORD'];
export const PORT = Number(process.env['PORT']);
export const DATABASE_URL = process.env['DATABASE_URL'];

/** Runs a statement that makes rows of the numbers 0 to USERS - 1, `$1`, and of `values`, `$2` and on. */
export async function fill(statement, values) {
  const client = new pg.Client(DATABASE_URL);
  await client.connect();
  await client.query(statement, [USERS, ...values]);
  await client.end();
}
