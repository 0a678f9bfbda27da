import { describe, expect, it, onTestFinished } from 'vitest';
import pg from 'pg';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { openSqlite } from '../../src/db/engines/sqlite/database.ts';
import { engineOf } from '../../src/db/engines/of-url.ts';
import type { Provider } from '../../src/db/engines/engine.ts';
import { createKey, opens } from '../support/api-keys.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGOUT, ME, REFRESH, SESSIONS, USERS } from '../support/documents.ts';
import { emptyDatabase } from '../support/histories.ts';
import { createUser, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { UPDATE_PROFILE, UPDATE_USER } from '../support/user-documents.ts';
import { CREATE_PROJECT, OWN_PROJECTS, PROJECT, PROJECTS } from '../support/project-documents.ts';

describe.each(providers)('a server over %s', (provider) => {
  it('goes on where a newer release adds to every table', async () => {
    const url = await emptyDatabase(provider);
    await migrate(url);
    const app = await startApp({ databaseUrl: url });
    onTestFinished(() => app.close());
    const admin = (await setUpAdmin(app)).accessToken;
    // Twice, so that each statement has been prepared.
    const before = [await use(app, admin, 'ann'), await use(app, admin, 'ben')];
    expect(before[1]).toEqual(before[0]);
    await expand(provider, url);
    for (const name of ['cleo', 'dora']) expect(await use(app, admin, name)).toEqual(before[0]);
  });
});

/** What somebody does with a server, and what it answers but for names and ids. */
async function use(app: TestApp, admin: string, name: string) {
  const { accessToken: token } = await registerUser(app, name);
  const created = await createUser(app, admin, `${name}-made`);
  app.clock.step(1);
  const first = await signIn(app, name);
  const input = { refreshToken: first.refreshToken };
  const { data } = await app.graphql(REFRESH, { input });
  const next = expectType(data.refresh, 'AuthPayload');
  const { key } = await createKey(app, token);
  app.clock.step(1);
  const project = await app.graphql(CREATE_PROJECT, { input: { name: `of ${name}` } }, token);
  const { id } = expectType(project.data.createProject, 'CreateProjectPayload').project;
  const change = { id: created.id, name: 'Another name' };
  const answers = [
    await app.graphql(UPDATE_USER, { input: change }, admin),
    await app.graphql(UPDATE_PROFILE, { input: { name: 'My name' } }, token),
    await app.graphql(ME, {}, next.accessToken),
    await app.graphql(USERS, { first: 1 }, admin),
    await app.graphql(SESSIONS, {}, token),
    await app.graphql(OWN_PROJECTS, {}, token),
    await app.graphql(PROJECTS, { first: 5 }, token),
    await app.graphql(PROJECT, { id }, token),
    await app.graphql(LOGOUT, {}, next.accessToken),
    await app.graphql(ME, {}, next.accessToken),
  ];
  // All but the last, whose session has ended.
  const failed = answers.filter(({ errors }) => errors.length > 0);
  expect(failed).toEqual([answers.at(-1)]);
  expect(await opens(app, key)).toBe(true);
  return JSON.stringify([created, answers.map(({ data: given, errors }) => [given, errors])])
    .replaceAll(/"[^"]*[0-9a-f]{8}-[^"]*"/g, '"an id"')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"a time"')
    .replaceAll(/"(startCursor|endCursor|cursor|message|totalCount)":("[^"]*"|\d+)/g, '"$1"')
    .replaceAll(name, 'somebody');
}

async function expand(provider: Provider, url: string): Promise<void> {
  const [file] = engineOf(url).files(url);
  const add = (table: string) =>
    `ALTER TABLE "${table}" ADD COLUMN "later" TEXT; ALTER TABLE "${table}" ADD COLUMN "count" INTEGER NOT NULL DEFAULT 0;`;
  if (file !== undefined) {
    const connection = openSqlite(file);
    const tables = connection
      .prepare(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'`,
      )
      .all() as { name: string }[];
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) connection.exec(add(name));
    connection.close();
    return;
  }
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname !~ '^_'`,
  );
  for (const { name } of rows) await client.query(add(name));
  await client.end();
}
