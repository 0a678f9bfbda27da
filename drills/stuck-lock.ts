// The drill of a stuck lock: a session beside the server holds the rows of one user, and then the one row
// that every audited write takes, for half a minute each, while many requests want them. Writes its table
// of docs/operate/faults.md. Needs Debian's postgresql-15: `npm run drill:stuck-lock`.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BENCH_PASSWORD as PASSWORD } from '../bench/people.ts';
import build from '../test/support/build.ts';
import { startLoneServer } from '../test/support/cluster.ts';
import { LOGIN, REFRESH, REGISTER } from '../test/support/documents.ts';
import { UPDATE_PROFILE } from '../test/support/user-documents.ts';
import { drill, writeRows } from './faults/drill.ts';
import { faultOf, graphql, signIn, watch } from './faults/watch.ts';

const HELD_MS = 30_000;
const VICTIMS = 10;

const HEAD = 'SELECT FROM "AuditHead" FOR UPDATE';
const ROWS_OF_ANN = `
  SELECT FROM "User" WHERE "username" = 'ann' FOR UPDATE;
  SELECT FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "username" = 'ann') FOR UPDATE`;

/** Requests of one user that all want their rows. */
async function wantRows(url: string) {
  const input = { username: 'ann', password: PASSWORD };
  await graphql(url, REGISTER, { input });
  const { accessToken, refreshToken } = await signIn(url, 'ann');
  return () =>
    Array.from({ length: VICTIMS }, () => [
      watch('her refresh', async () =>
        faultOf(await graphql(url, REFRESH, { input: { refreshToken } })),
      ),
      watch('her login', async () => faultOf(await graphql(url, LOGIN, { input }))),
      watch('her updateProfile', async () =>
        faultOf(await graphql(url, UPDATE_PROFILE, { input: { name: 'Ann' } }, accessToken)),
      ),
    ]).flat();
}

build();
const rows: string[] = [];
const server = await startLoneServer();
try {
  for (const [name, lock] of [
    ['The rows of one user locked for 30 s', ROWS_OF_ANN],
    ['The row locked for 30 s that every audited write takes', HEAD],
  ] as const) {
    const database = `vestibule_${rows.length}`;
    await server.query(`CREATE DATABASE ${database}`);
    const databaseUrl = server.urlOf(database);
    const outside = new pg.Client(databaseUrl);
    rows.push(
      await drill({
        name,
        databaseUrl,
        happen: async (url) => {
          const want = await wantRows(url);
          await outside.connect();
          await outside.query(`BEGIN; ${lock}`);
          const watches = lock === HEAD ? [] : want();
          await sleep(HELD_MS);
          await outside.query('ROLLBACK');
          return { from: performance.now(), watches };
        },
      }),
    );
    await outside.end();
  }
} finally {
  await server.close();
}
writeRows('stuck-lock', rows);
