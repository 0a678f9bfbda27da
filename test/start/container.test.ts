import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEmptyDatabase, providers } from '../support/database.ts';
import { freePort, INSTALLATION, processOfTest, temporaryFolder } from '../support/process.ts';

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
    expect(last).toContain('COPY --from=build /runtime node_modules');
    expect(last).toContain('CMD ["node", "dist/main.cjs"]');
    expect(dockerfile).not.toMatch(/SECRET_KEY|PASSWORD|TOKEN|:latest|^ADD /m);
    expect(last).not.toMatch(/COPY (?:\. |--from=build \/app )/);
  });

  it('says by /healthz whether it lives, whatever the database does', () => {
    expect(healthcheck[0]).toBe('node');
    expect(healthcheck.join(' ')).toContain('/healthz');
  });

  it('takes nothing from the checkout but what the build reads', () => {
    const lines = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(lines).toContain('*');
    expect(lines.some((line) => /^!.*(?:\.env|data|node_modules|\.git$)/.test(line))).toBe(false);
  });
});

/** Without a container engine: nothing that the image lacks can be found beside the copies. */
describe('the files that the Dockerfile copies', () => {
  it.each(providers)('are all that a server on %s takes to start, serve and stop', async (kind) => {
    const folder = temporaryFolder();
    copyImage(folder);
    const database = kind === 'postgresql' ? await createEmptyDatabase(kind) : undefined;
    if (database) onTestFinished(() => database.drop());

    const PORT = String(await freePort());
    const env = {
      PORT,
      NODE_ENV: 'production',
      PROFILE: 'production',
      DATA_DIR: join(folder, 'data'),
      ARGON2_MEMORY_KIB: '19456',
      ARGON2_TIME: '2',
      GRAPHIQL: 'on',
      ...(database && { DATABASE_URL: database.url, SECRET_KEY: INSTALLATION.SECRET_KEY }),
    };
    const server = await processOfTest(env, join(folder, 'dist/main.cjs'));
    expect(await (await fetch(`http://127.0.0.1:${PORT}/readyz`)).json()).toEqual({
      status: 'ready',
    });
    const body = JSON.stringify({ username: 'admin', password: 'correct horse battery' });
    const token = readFileSync(join(folder, 'data/setup-token'), 'utf8').trim();
    const headers = { 'content-type': 'application/json', 'setup-token': token };
    const setup = await fetch(`${server.url}/api/auth/setup`, { method: 'POST', headers, body });
    expect(setup.status).toBe(201);
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('graphiql');
    const [command = '', ...args] = healthcheck;
    expect(spawnSync(command, args, { env: { ...process.env, PORT } }).status).toBe(0);
    expect(spawnSync(command, args, { env: { ...process.env, PORT: '1' } }).status).toBe(1);
    const cli = [join(folder, 'dist/cli.js'), 'user', 'list'];
    expect(spawnSync('node', cli, { env: { ...process.env, ...env } }).status).toBe(0);
    expect(await server.stop()).toMatchObject({ code: 0, errors: '' });
  });
});

/** Puts into a folder what the last stage takes from the checkout and from the stage that builds. */
function copyImage(folder: string): void {
  for (const [, from = '', to = ''] of last.matchAll(/^COPY (?:--from=build )?(\S+) (\S+)$/gm)) {
    const target = join(folder, to);
    if (from === '/runtime') {
      const { status } = spawnSync('node', ['scripts/runtime-packages.mjs', target]);
      expect(status).toBe(0);
    } else {
      mkdirSync(dirname(target), { recursive: true });
      cpSync(from.replace('/app/', ''), to === './' ? join(folder, from) : target, {
        recursive: true,
      });
    }
  }
}
