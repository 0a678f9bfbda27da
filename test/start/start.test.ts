import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { createEmptyDatabase, postgresUrl } from '../support/database.ts';
import {
  freePort,
  INSTALLATION,
  processOfTest,
  type ServerProcess,
  temporaryFolder,
} from '../support/process.ts';

const CREDENTIALS = { username: 'admin', password: 'correct horse battery' };
const { PUBLIC_URL, SECRET_KEY } = INSTALLATION;

const call = async (url: string, path: string, body: object | undefined, token?: string) => {
  const answer = await fetch(`${url}/compat/quazzar-os/api/auth${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

async function stop(server: ServerProcess) {
  const ended = await server.stop();
  expect(ended).toMatchObject({ code: 0, errors: '' });
  return ended;
}

/** Each of two processes knows whom the other has signed in. */
async function expectOneInstallation(one: ServerProcess, other: ServerProcess) {
  const setup = await call(one.url, '/setup', CREDENTIALS);
  expect(setup.status).toBe(201);
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    const signedIn = await call(here.url, '/login', CREDENTIALS);
    expect(signedIn.status).toBe(200);
    const me = await call(there.url, '/me', undefined, signedIn.body['access_token']);
    expect(me).toMatchObject({ status: 200, body: { username: 'admin' } });
  }
}

describe('a first start', () => {
  it('makes a folder and a secret key for its owner only, and keeps to them', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const first = await processOfTest({ DATA_DIR });
    const key = readFileSync(join(DATA_DIR, 'secret.key'), 'utf8');
    expect(key).toMatch(/^[\w-]{43}\n$/);
    expect(mode(DATA_DIR)).toBe('700');
    expect(mode(join(DATA_DIR, 'secret.key'))).toBe('600');
    await call(first.url, '/setup', CREDENTIALS);
    const { body } = await call(first.url, '/login', CREDENTIALS);
    const { output } = await stop(first);
    expect(output).toContain(`"version":"${manifest.version}"`);
    expect(output).not.toContain(CREDENTIALS.password);
    expect(output).not.toContain(body['access_token']);

    const second = await processOfTest({ DATA_DIR });
    expect(readFileSync(join(DATA_DIR, 'secret.key'), 'utf8')).toBe(key);
    expect((await call(second.url, '/login', CREDENTIALS)).status).toBe(200);
    await stop(second);
  });

  it('of two processes on one empty folder makes one installation', async () => {
    const env = { PUBLIC_URL, DATA_DIR: join(temporaryFolder(), 'data') };
    const [one, other] = await Promise.all([processOfTest(env), processOfTest(env)]);
    await expectOneInstallation(one, other);
    await Promise.all([stop(one), stop(other)]);
  });

  it.skipIf(postgresUrl === undefined)(
    'of two processes on one empty PostgreSQL makes one installation',
    async () => {
      const database = await createEmptyDatabase('postgresql');
      const env = { PUBLIC_URL, SECRET_KEY, DATABASE_URL: database.url };
      const [one, other] = await Promise.all([processOfTest(env), processOfTest(env)]);

      const client = new pg.Client(database.url);
      await client.connect();
      const applied = await client.query<{ name: string; done: boolean }>(
        `SELECT migration_name AS name, finished_at IS NOT NULL AND rolled_back_at IS NULL AS done
         FROM _prisma_migrations ORDER BY started_at`,
      );
      await client.end();
      const history = await readHistory(historyDirectory('postgresql'));
      expect(applied.rows).toEqual(history.map(({ name }) => ({ name, done: true })));

      await expectOneInstallation(one, other);
      await Promise.all([stop(one), stop(other)]);
      await database.drop();
    },
  );
});

describe('npm start', () => {
  it('says where GraphiQL is, and that setup is waiting for as long as it is', async () => {
    const port = await freePort();
    const env = { DATA_DIR: temporaryFolder(), PORT: String(port), PROFILE: '' };
    const first = await processOfTest(env, 'scripts/start.mjs');
    const welcome = `\nVestibule is at http://localhost:${port}\n`;
    const graphiql = `GraphiQL:  http://localhost:${port}/graphql\n`;
    const waiting = 'Setup is waiting: the first to run the tab "Setup" is the administrator.\n';
    // The log writes to the same place, between any two of the lines.
    for (const line of [welcome, graphiql, waiting]) {
      await expect.poll(first.output).toContain(line);
    }
    await call(first.url, '/setup', CREDENTIALS);
    await stop(first);

    const second = await processOfTest(env, 'scripts/start.mjs');
    await expect.poll(second.output).toContain(graphiql);
    expect((await stop(second)).output).not.toMatch(/setup is waiting/i);
  });
});
