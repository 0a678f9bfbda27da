import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEmptyDatabase, postgresUrl } from '../support/database.ts';
import {
  INSTALLATION,
  processOfTest,
  type ServerProcess,
  temporaryFolder,
} from '../support/process.ts';

const CREDENTIALS = { username: 'admin', password: 'correct horse battery' };
const PRODUCTION = {
  PROFILE: 'production',
  HOST: '127.0.0.1',
  ARGON2_MEMORY_KIB: '19456',
  ARGON2_TIME: '2',
};

async function post({ url }: ServerProcess, path: string, setupToken?: string) {
  const answer = await fetch(`${url}/compat/dumb/api/auth${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(setupToken !== undefined && { 'setup-token': setupToken }),
    },
    body: JSON.stringify(CREDENTIALS),
  });
  return { status: answer.status, text: await answer.text() };
}

const warningsOf = (server: ServerProcess) =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number | string; finding?: string; msg: string })
    .filter(({ finding }) => finding !== undefined);

const tokenIn = (output: string) => /^ {2}([\w-]{43})$/m.exec(output)?.[1];

describe('a first start in production', () => {
  it('prints the setup token with what to do, keeps it for the owner alone, and takes it once', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const env = { ...PRODUCTION, DATA_DIR, PUBLIC_URL: 'https://accounts.example.com' };
    const server = await processOfTest(env);
    await expect.poll(() => tokenIn(server.output())).toBeDefined();
    const token = tokenIn(server.output())!;
    const file = join(DATA_DIR, 'setup-token');
    expect(readFileSync(file, 'utf8')).toBe(`${token}\n`);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    for (const line of [
      'Setup is waiting at https://accounts.example.com',
      file,
      'curl https://',
    ]) {
      await expect.poll(server.output).toContain(line);
    }

    expect(await post(server, '/skip-setup')).toMatchObject({ status: 403 });
    expect(await post(server, '/skip-setup', token)).toMatchObject({ status: 403 });
    expect((await post(server, '/setup')).text).toMatch(/one-time token/);
    expect((await post(server, '/setup', 'a token of somebody else')).status).toBe(403);
    expect((await post(server, '/setup', token)).status).toBe(200);
    expect((await post(server, '/setup', token)).status).toBe(400);
    await expect.poll(() => existsSync(file)).toBe(false);
    expect(await server.stop()).toMatchObject({ code: 0, errors: '' });

    const again = await processOfTest(env);
    const codes = () => warningsOf(again).map(({ finding }) => finding);
    await expect.poll(codes).toEqual(['NO_MAIL_SERVER']);
    const { output } = await again.stop();
    expect(output).not.toMatch(/Setup is waiting/);
    expect(existsSync(file)).toBe(false);
  });

  it('does not print the token of SETUP_TOKEN', async () => {
    const SETUP_TOKEN = 'chosen-by-the-operator';
    const server = await processOfTest({ ...PRODUCTION, DATA_DIR: temporaryFolder(), SETUP_TOKEN });
    await expect.poll(server.output).toContain('the one that SETUP_TOKEN has');
    expect(server.output()).not.toContain(SETUP_TOKEN);
    expect((await post(server, '/setup', SETUP_TOKEN)).status).toBe(200);
  });

  it('says in one line each at warn what is unsafe', async () => {
    const env = { ...PRODUCTION, HOST: '0.0.0.0', DATA_DIR: temporaryFolder(), OPEN_SETUP: 'true' };
    const server = await processOfTest({ ...env, ALLOW_AUTH_DISABLE: 'true' });
    await expect.poll(() => warningsOf(server)).toHaveLength(4);
    const found = warningsOf(server);
    expect(found.map(({ finding }) => finding)).toEqual([
      'SETUP_OPEN',
      'NO_HTTPS',
      'PUBLIC_URL_LOCAL',
      'NO_MAIL_SERVER',
    ]);
    expect(new Set(found.map(({ level }) => level))).toEqual(new Set([found[0]!.level]));
    expect([40, 'warn']).toContain(found[0]!.level);

    expect((await post(server, '/skip-setup')).status).toBe(200);
    await server.stop();
    const off = await processOfTest({ ...env, ALLOW_AUTH_DISABLE: 'true' });
    await expect.poll(() => warningsOf(off).map(({ finding }) => finding)).toContain('AUTH_OFF');
    await off.stop();
    const closed = await processOfTest({ ...env, OPEN_SETUP: 'false' });
    const codes = () => warningsOf(closed).map(({ finding }) => finding);
    await expect.poll(codes).toContain('AUTH_OFF_OVERRIDDEN');
    expect(codes()).not.toContain('SETUP_OPEN');
  });
});

describe.skipIf(postgresUrl === undefined)('two processes in production on one PostgreSQL', () => {
  it('print one setup token, and say that their addresses differ', async () => {
    const database = await createEmptyDatabase('postgresql');
    onTestFinished(() => database.drop());
    const folders = [temporaryFolder(), temporaryFolder()];
    const servers = await Promise.all(
      folders.map((DATA_DIR, i) =>
        processOfTest({
          ...PRODUCTION,
          SECRET_KEY: INSTALLATION.SECRET_KEY,
          DATABASE_URL: database.url,
          DATA_DIR,
          PUBLIC_URL: `https://accounts-${i}.example.com`,
        }),
      ),
    );
    const [one, other] = servers as [ServerProcess, ServerProcess];
    for (const server of servers) await expect.poll(() => tokenIn(server.output())).toBeDefined();
    const token = tokenIn(one.output());
    expect(tokenIn(other.output())).toBe(token);
    for (const folder of folders) {
      expect(readFileSync(join(folder, 'setup-token'), 'utf8')).toBe(`${token}\n`);
    }
    const said = () => servers.flatMap(warningsOf).map(({ finding }) => finding);
    await expect.poll(said).toContain('ISSUERS_DIFFER');

    expect((await post(one, '/setup', token)).status).toBe(200);
    expect((await post(other, '/setup', token)).status).toBe(400);
    for (const folder of folders) {
      const file = join(folder, 'setup-token');
      await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(false);
    }
  });
});
