import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { createTestDatabase, providers, type TestDatabase } from '../support/database.ts';
import { expectType } from '../support/app.ts';
import { cli } from '../support/cli.ts';
import { LOGIN, SETUP } from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { importLines, MADE_HASHES } from '../support/import-file.ts';
import { PASSWORD } from '../support/people.ts';
import { CLI, startProcess } from '../support/process.ts';

/** The long form is IMPORT_LINES=100000. */
const LINES = Number(process.env['IMPORT_LINES'] ?? 600);

describe.each(providers)('the command import on %s', (provider) => {
  let folder: string;
  let database: TestDatabase;
  let env: Record<string, string>;
  let db: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-import-'));
    database = await createTestDatabase(provider);
    db = await connect({ databaseUrl: database.url });
    env = {
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      SECRET_KEY: 'a secret key for tests: 32 bytes and more',
    };
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const start = (args: readonly string[]) =>
    spawn(process.execPath, [CLI, ...args], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    });
  const finish = async (child: ChildProcess, input = '') => {
    let [output, errors] = ['', ''];
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    child.stderr?.on('data', (chunk) => (errors += String(chunk)));
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, errors };
  };
  const fileOf = async (name: string, content: string | Buffer) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const countOf = (prefix: string) =>
    db.prisma.user.count({ where: { usernameKey: { startsWith: prefix } } });

  it('names every broken line, takes the others and ends with 1', async () => {
    const file = await fileOf(
      'broken.ndjson',
      Buffer.concat([
        Buffer.from('\ufeff{"username":"first"}\r\n\n{"username":"torn"\n["username"]\n'),
        Buffer.from([0x22, 0xff, 0x22, 0x0a]),
        Buffer.from(`{"username":"long","name":"${'x'.repeat(70_000)}"}\n`),
        Buffer.from('{"username":"typo","passwordhash":"x"}\n{"username":"number","email":1}\n'),
        Buffer.from('{"username":"first"}\n{"username":"last"}'),
      ]),
    );
    expect(await cli(env, ['import', file])).toEqual({
      code: 1,
      output: [
        'line 3: the line is not JSON',
        'line 4: the line is not an object',
        'line 5: the line is not UTF-8',
        'line 6: the line is longer than 65536 bytes',
        'line 7: passwordhash is no field of a user',
        'line 8: email must be an e-mail address',
        'line 9: username is that of line 1',
        '2 made, 0 there already, 7 refused\n',
      ].join('\n'),
      errors: '',
    });
    expect(await countOf('last')).toBe(1);
  });

  it('reads from a pipe, and changes nothing in a dry run', async () => {
    const dry = await cli(env, ['import', '-', '--dry-run'], '{"username":"piped"}\n');
    expect(dry).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 to be made') as string,
    });
    expect(await countOf('piped')).toBe(0);
    await finish(start(['import', '-']), '{"username":"piped"}\n');
    expect(await countOf('piped')).toBe(1);
  });

  it('finds a name again however far apart the two lines are', async () => {
    const lines = [...importLines(400)].map((line) => line.replaceAll('imported.', 'apart.'));
    const content = [...lines, lines[0]].join('\n');
    for (const options of [['--dry-run'], []]) {
      const { code, output } = await cli(env, ['import', '-', ...options], content);
      expect(code).toBe(1);
      expect(output).toMatch(/^line 401: username is that of (line 1|an earlier line)$/m);
      expect(output).toMatch(/^400 /m);
    }
  });

  it(
    'goes on where it was killed, with nobody lost, doubled or half made',
    async () => {
      const file = await fileOf('many.ndjson', [...importLines(LINES)].join('\n'));
      const killed = start(['import', file]);
      const ended = once(killed, 'close');
      await expect
        .poll(() => countOf('imported.'), { timeout: 60_000, interval: 20 })
        .toBeGreaterThan(0);
      killed.kill('SIGKILL');
      await ended;
      const before = await countOf('imported.');
      expect(before % 250).toBe(0);

      const again = await finish(start(['import', file]));
      const [made, there] = [LINES - before, before].map((n) => n.toLocaleString('en'));
      expect([again.code, again.output]).toEqual([
        0,
        `${made} made, ${there} there already, 0 refused\n`,
      ]);
      const where = { usernameKey: { startsWith: 'imported.' } };
      const whole = { ...where, defaultProjectId: { not: null }, tenantMemberships: { some: {} } };
      expect(await countOf('imported.')).toBe(LINES);
      expect(await db.prisma.user.count({ where: whole })).toBe(LINES);
      const events = await db.prisma.auditEvent.findMany({ where: { action: 'user.imported' } });
      expect(events.at(-1)).toMatchObject({ actorKind: 'system', actorName: 'vestibule import' });
    },
    60_000 + LINES * 10,
  );

  it(
    'works beside a running server, which signs people in meanwhile',
    async () => {
      const server = await startProcess(env);
      try {
        const setup = { username: 'admin', password: PASSWORD };
        // The import came first: there are users already.
        expectType((await send(server.url, SETUP, { input: setup })).setup, 'SetupDoneError');
        const { hash, password } = MADE_HASHES[0]!;
        const user = JSON.stringify({ username: 'meanwhile', passwordHash: hash });
        await cli(env, ['import', '-'], user);
        const lines = [...importLines(LINES)].map((line) =>
          line.replaceAll('imported.', 'beside.'),
        );
        const importing = finish(start(['import', '-']), lines.join('\n'));
        let isDone = false;
        void importing.then(() => (isDone = true));
        do {
          const input = { username: 'meanwhile', password };
          expectType((await send(server.url, LOGIN, { input })).login, 'AuthPayload');
        } while (!isDone);
        expect((await importing).code).toBe(0);
        expect(await countOf('beside.')).toBe(LINES);
      } finally {
        await server.stop();
      }
    },
    60_000 + LINES * 10,
  );
});
