import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { CLI, temporaryFolder } from '../support/process.ts';

const CREATE = ['user', 'create', 'anna', '--password-stdin'];
const PASSWORD = 'correct horse battery\n';
/** Any user but the superuser. */
const OTHER = 65_534;

function dataFolder(): string {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

describe('an installation', () => {
  it('gets no new secret key where the one of its database is missing', async () => {
    const env = { DATA_DIR: dataFolder() };
    expect(await cli(env, CREATE, PASSWORD)).toMatchObject({ code: 0 });
    const file = join(env.DATA_DIR, 'secret.key');
    rmSync(file);
    const { code, errors } = await cli(env, ['user', 'list']);
    expect({ code, errors }).toEqual({
      code: 2,
      errors: expect.stringContaining(`The secret key of this database is missing: put it back as`),
    });
    expect(existsSync(file)).toBe(false);
    const { output } = await cli(env, ['doctor']);
    expect(output).toContain('FAIL  there is neither SECRET_KEY nor');
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'belongs to the owner of its folder, whoever runs a command',
    async () => {
      const env = { DATA_DIR: dataFolder() };
      chownSync(env.DATA_DIR, OTHER, OTHER);
      expect(await cli(env, CREATE, PASSWORD)).toMatchObject({ code: 0 });
      expect(await cli(env, ['keys', 'reencrypt'])).toMatchObject({ code: 0 });
      const backup = join(env.DATA_DIR, 'backups', 'one.db');
      mkdirSync(join(env.DATA_DIR, 'backups'));
      chownSync(join(env.DATA_DIR, 'backups'), OTHER, OTHER);
      expect(await cli(env, ['backup', backup])).toMatchObject({ code: 0 });
      const paths = readdirSync(env.DATA_DIR, { recursive: true }) as string[];
      expect(paths).toEqual(expect.arrayContaining(['vestibule.db', 'secret.key']));
      const foreign = paths.filter((path) => statSync(join(env.DATA_DIR, path)).uid !== OTHER);
      expect(foreign).toEqual([]);
    },
  );

  it.skipIf(process.geteuid?.() !== 0)('is told of files of others by doctor', async () => {
    const env = { DATA_DIR: dataFolder() };
    await cli(env, CREATE, PASSWORD);
    const database = join(env.DATA_DIR, 'vestibule.db');
    chownSync(database, OTHER, OTHER);
    chmodSync(database, 0o644);
    const { code, output } = await cli(env, ['doctor']);
    expect(code).toBe(1);
    expect(output).toContain(`FAIL  ${database} can be read by others`);
    expect(output).toContain(`FAIL  ${database} belongs to another user than ${env.DATA_DIR}`);
    expect(output).toMatch(/warn {2}the secret key lies in .* alone/);
  });
});

describe('the command line', () => {
  it('ends well where its reader has read enough', async () => {
    const env = { PATH: process.env['PATH'], DATA_DIR: dataFolder() };
    spawnSync(process.execPath, [CLI, ...CREATE], { env, input: PASSWORD });
    const child = spawn(process.execPath, [CLI, 'user', 'list'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    child.stderr.setEncoding('utf8');
    let said = '';
    child.stderr.on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, said }).toEqual({ code: 0, said: '' });
  });
});
