import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETUP } from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { CLI, INSTALLATION, processOfTest, temporaryFolder } from '../support/process.ts';

const CREDENTIALS = { username: 'admin', password: 'correct horse battery' };

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Every path in a folder that is not for its owner only, with its mode. */
function openIn(folder: string): readonly string[] {
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...inside.map(({ parentPath, name }) => join(parentPath, name))];
  return paths
    .filter((path) => modeOf(path) !== (statSync(path).isDirectory() ? '700' : '600'))
    .map((path) => `${modeOf(path)} ${path}`);
}

/** Starts a server whose umask takes nothing away, and has it write all that it writes. */
async function serveAndWrite(DATA_DIR: string) {
  const before = process.umask(0);
  const starting = processOfTest({ PUBLIC_URL: INSTALLATION.PUBLIC_URL, DATA_DIR });
  process.umask(before);
  const server = await starting;
  const email = 'admin@example.com';
  await send(server.url, SETUP, { input: { ...CREDENTIALS, email } });
  await send(server.url, REQUEST_PASSWORD_RESET, { input: { email } });
  return server;
}

const FILES = ['vestibule.db', 'vestibule.db-shm', 'vestibule.db-wal', 'secret.key', 'mail'];

describe.skipIf(process.platform === 'win32')('what the server keeps', () => {
  it('is for its owner only, whatever the umask is', async () => {
    const DATA_DIR = join(temporaryFolder(), 'above', 'data');
    const server = await serveAndWrite(DATA_DIR);
    const written = () => readdirSync(DATA_DIR);
    await expect.poll(written, { timeout: 20_000 }).toEqual(expect.arrayContaining(FILES));
    const mails = () => readdirSync(join(DATA_DIR, 'mail')).length;
    await expect.poll(mails, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(openIn(join(DATA_DIR, '..'))).toEqual([]);

    const backup = join(DATA_DIR, 'backup.db');
    const before = process.umask(0);
    const child = spawn(process.execPath, [CLI, 'backup', backup], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATA_DIR },
    });
    process.umask(before);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(modeOf(backup)).toBe('600');
    expect(statSync(backup).size).toBeGreaterThan(1000);
    await server.stop();
    expect(openIn(DATA_DIR)).toEqual([]);
  });

  it('is taken from others where an earlier start left it open', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const first = await serveAndWrite(DATA_DIR);
    await first.stop('SIGKILL');
    mkdirSync(join(DATA_DIR, 'mail'), { recursive: true });
    for (const name of readdirSync(DATA_DIR)) {
      const path = join(DATA_DIR, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
    }
    chmodSync(DATA_DIR, 0o755);
    const second = await processOfTest({ PUBLIC_URL: INSTALLATION.PUBLIC_URL, DATA_DIR });
    const open = openIn(DATA_DIR).filter((path) => !path.endsWith('/mail'));
    expect(open).toEqual([]);
    await second.stop();
  });

  it('leaves the folder of a database alone that is not the server’s own', async () => {
    const folder = join(temporaryFolder(), 'shared');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'other'), 'of somebody else', { mode: 0o644 });
    const DATABASE_URL = `file:${join(folder, 'vestibule.db')}`;
    const env = { ...INSTALLATION, DATA_DIR: join(temporaryFolder(), 'data'), DATABASE_URL };
    const server = await processOfTest(env);
    expect(modeOf(folder)).toBe('755');
    expect(modeOf(join(folder, 'other'))).toBe('644');
    expect(modeOf(join(folder, 'vestibule.db'))).toBe('600');
    expect(modeOf(join(folder, 'vestibule.db-wal'))).toBe('600');
    await server.stop();
  });
});
