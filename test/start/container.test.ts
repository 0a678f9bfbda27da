import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, processOfTest, temporaryFolder } from '../support/process.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const stages = dockerfile.split(/^FROM /m).slice(1);
const last = stages.at(-1) ?? '';
const healthcheck = JSON.parse(
  /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(last)?.[1] ?? '[]',
) as string[];

describe('the Dockerfile', () => {
  it('names the versions that it is made from', () => {
    for (const stage of stages) expect(stage).toMatch(/^node:20\.\d+-bookworm-slim\b/);
    expect(readFileSync('compose.yaml', 'utf8')).toMatch(/image: postgres:\d+/);
  });

  it('runs as nobody special, without development packages, secrets or a shell', () => {
    expect(last.indexOf('USER node')).toBeGreaterThan(last.lastIndexOf('RUN '));
    expect(last).toContain('npm ci --omit=dev');
    expect(last).toContain('CMD ["node", "dist/main.js"]');
    expect(dockerfile).not.toMatch(/SECRET_KEY|PASSWORD|TOKEN|:latest|^ADD /m);
    expect(last).not.toMatch(/COPY (?:\. |--from=build \/app )/);
  });

  it('says whether it is well by /readyz', () => {
    expect(healthcheck[0]).toBe('node');
    expect(healthcheck.join(' ')).toContain('/readyz');
  });

  it('takes nothing from the checkout but what the build reads', () => {
    const lines = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(lines).toContain('*');
    expect(lines.some((line) => /^!.*(?:\.env|data|node_modules|\.git$)/.test(line))).toBe(false);
  });
});

/** The last stage's steps without a container engine: minutes, so only where it is asked for. */
describe.skipIf(process.env['CONTAINER_STEPS'] === undefined)('the steps of the Dockerfile', () => {
  it('make a server that starts in production, is ready, and stops', async () => {
    const folder = temporaryFolder();
    const copies = [...last.matchAll(/^COPY (?:--from=build )?(.+)$/gm)].flatMap(([, paths = '']) =>
      paths.split(' ').slice(0, -1),
    );
    expect(copies).toContain('/app/dist');
    for (const path of copies.map((each) => each.replace('/app/', ''))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(path, join(folder, path), { recursive: true });
    }
    const { status } = spawnSync('npm', ['ci', '--omit=dev'], { cwd: folder, stdio: 'ignore' });
    expect(status).toBe(0);

    const PORT = String(await freePort());
    const env = {
      PORT,
      NODE_ENV: 'production',
      PROFILE: 'production',
      DATA_DIR: join(folder, 'data'),
      ARGON2_MEMORY_KIB: '19456',
      ARGON2_TIME: '2',
    };
    const server = await processOfTest(env, join(folder, 'dist/main.js'));
    expect(await (await fetch(`http://127.0.0.1:${PORT}/readyz`)).json()).toEqual({
      status: 'ready',
    });
    const [command = '', ...args] = healthcheck;
    expect(spawnSync(command, args, { env: { ...process.env, PORT } }).status).toBe(0);
    expect(spawnSync(command, args, { env: { ...process.env, PORT: '1' } }).status).toBe(1);
    const cli = [join(folder, 'dist/cli.js'), 'user', 'list'];
    expect(spawnSync('node', cli, { env: { ...process.env, ...env } }).status).toBe(0);
    expect(await server.stop()).toMatchObject({ code: 0, errors: '' });
  }, 300_000);
});
