import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { findUnsafe, type SafetyFinding } from '../../src/features/installation/safety.ts';
import { otherIssuers, startIssuerHeartbeat } from '../../src/features/issuers/heartbeat.ts';
import { makeDefaultAdmin } from '../../src/features/setup/first-user.ts';
import { startApp, type TestOptions } from '../support/app.ts';
import { DISABLE_AUTH, SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { cli } from '../support/cli.ts';
import { createTestDatabase, providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';

const HOUR = 3600;
const SAFE = { PUBLIC_URL: 'https://accounts.example.com', SMTP_URL: 'smtp://127.0.0.1:1' };
const codesOf = (findings: readonly SafetyFinding[]) => findings.map(({ code }) => code);

async function started(options: TestOptions) {
  const app = await startApp(options);
  onTestFinished(() => app.close());
  return app;
}

/** What is found unsafe in settings alone. */
const codesFor = async (env: Record<string, string>) => {
  const config = loadConfig(env);
  return codesOf(await findUnsafe({ config, db: undefined, clock: { now: () => new Date(0) } }));
};

describe.each(providers)('what is unsafe on %s', (provider) => {
  it('is nothing in development on this machine alone', async () => {
    const app = await started({ provider });
    expect(await findUnsafe(app.services)).toEqual([]);
  });

  it('is authentication that is off', async () => {
    const app = await started({ provider });
    await app.graphql(SKIP_SETUP, {});
    expect(codesOf(await findUnsafe(app.services))).toEqual(['AUTH_OFF']);
    const { accessToken } = await setUpAdmin(app);
    expect(await findUnsafe(app.services)).toEqual([]);
    await app.graphql(DISABLE_AUTH, {}, accessToken);
    expect(codesOf(await findUnsafe(app.services))).toEqual(['AUTH_OFF']);
  });

  it.each([
    ['development that listens on all addresses', { HOST: '0.0.0.0' }, ['SETUP_OPEN']],
    ['development that listens on one address of many', { HOST: '192.0.2.1' }, ['SETUP_OPEN']],
    ['development with a token', { HOST: '0.0.0.0', OPEN_SETUP: 'false' }, []],
    ['development on this machine alone', { HOST: '::1' }, []],
  ] as const)('is setup that waits for anybody: %s', async (_what, env, codes) => {
    const app = await started({ provider, env });
    expect(codesOf(await findUnsafe(app.services))).toEqual(codes);
  });

  it('is setup that waits for anybody in production', async () => {
    const production = {
      ...SAFE,
      PROFILE: 'production',
      ARGON2_MEMORY_KIB: '19456',
      ARGON2_TIME: '2',
    };
    const open = await started({ provider, env: { ...production, OPEN_SETUP: 'true' } });
    expect(codesOf(await findUnsafe(open.services))).toEqual(['SETUP_OPEN']);
    await setUpAdmin(open);
    expect(await findUnsafe(open.services)).toEqual([]);
    const closed = await started({ provider, env: production });
    expect(await findUnsafe(closed.services)).toEqual([]);
  });

  it('is an administrator whose password everybody knows', async () => {
    const env = { DEFAULT_ADMIN: 'true', HOST: '0.0.0.0' };
    const app = await started({ provider, env });
    await makeDefaultAdmin(app.services);
    expect(codesOf(await findUnsafe(app.services))).toEqual(['DEFAULT_ADMIN_OPEN']);
    await app.services.db.prisma.user.updateMany({ data: { mustChangePassword: false } });
    expect(await findUnsafe(app.services)).toEqual([]);
  });

  it('is another process over the same database with another issuer', async () => {
    const one = await started({ provider });
    const { databaseUrl } = one;
    const env = { PUBLIC_URL: 'https://elsewhere.example.com' };
    const other = await started({ databaseUrl, env });
    const same = await started({ databaseUrl });
    const stops = [await startIssuerHeartbeat(one.services)];
    stops.push(await startIssuerHeartbeat(same.services));
    expect(await findUnsafe(one.services)).toEqual([]);
    stops.push(await startIssuerHeartbeat(other.services));

    for (const { services } of [one, same, other]) {
      const [found, ...others] = await findUnsafe(services);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ code: 'ISSUERS_DIFFER', severity: 'fault' });
      expect(found?.message).toContain('http://vestibule.test');
      expect(found?.message).toContain('https://elsewhere.example.com');
    }
    await stops.pop()?.();
    expect(await findUnsafe(one.services)).toEqual([]);
    await Promise.all(stops.map((stop) => stop()));
  });

  it('is no process that has shown no sign of life for minutes', async () => {
    const one = await started({ provider });
    const env = { PUBLIC_URL: 'https://elsewhere.example.com' };
    const other = await started({ databaseUrl: one.databaseUrl, env });
    onTestFinished(await startIssuerHeartbeat(other.services));
    expect(await otherIssuers(one.services)).toEqual([env.PUBLIC_URL]);
    one.clock.step(300);
    expect(await otherIssuers(one.services)).toEqual([]);
  });

  it('is mail that has waited for long', async () => {
    const app = await started({ provider, env: { SMTP_URL: SAFE.SMTP_URL } });
    const createdAt = app.clock.now();
    const mail = { kind: 'test', toAddress: 'ann@example.com', toName: '', subject: '', body: '' };
    const insert = (id: string, dueAt: Date | null) =>
      app.services.db.prisma.outboxMail.create({
        data: { id, messageId: id, ...mail, createdAt, dueAt },
      });
    await insert('sent', null);
    await insert('due', createdAt);
    // Tried, and to be tried again later.
    await insert('failed', new Date(createdAt.getTime() + 5 * HOUR * 1000));
    expect(await findUnsafe(app.services)).toEqual([]);
    app.clock.step(2 * HOUR);
    const found = await findUnsafe(app.services);
    expect(codesOf(found)).toEqual(['MAIL_WAITS']);
    expect(found[0]?.message).toMatch(/^Mail waits: 2 messages/);
  });

  it('is said by doctor in the same words', async () => {
    const database = await createTestDatabase(provider);
    onTestFinished(() => database.drop());
    const env = {
      PROFILE: 'production',
      OPEN_SETUP: 'true',
      DATABASE_URL: database.url,
      SECRET_KEY: 'a secret key for tests: 32 bytes and more',
    };
    const app = await started({
      databaseUrl: database.url,
      env: { ...env, ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2', PUBLIC_URL: '' },
    });
    const found = await findUnsafe(app.services);
    expect(codesOf(found)).toEqual([
      'SETUP_OPEN',
      'NO_HTTPS',
      'PUBLIC_URL_LOCAL',
      'NO_MAIL_SERVER',
    ]);
    const { output, code } = await cli(env, ['doctor']);
    for (const { message, hint } of found) expect(output).toContain(`warn  ${message} ${hint}\n`);
    expect(code).toBe(0);
  });
});

describe('settings that are unsafe', () => {
  it.each([
    [{}, ['NO_HTTPS', 'PUBLIC_URL_LOCAL', 'NO_MAIL_SERVER']],
    [SAFE, []],
    [{ ...SAFE, PUBLIC_URL: 'http://accounts.example.com' }, ['NO_HTTPS']],
    [{ ...SAFE, PUBLIC_URL: 'https://localhost:4000' }, ['PUBLIC_URL_LOCAL']],
    [{ ...SAFE, PUBLIC_URL: 'https://127.1.2.3' }, ['PUBLIC_URL_LOCAL']],
    [{ ...SAFE, PUBLIC_URL: 'https://[::1]:4000' }, ['PUBLIC_URL_LOCAL']],
    [{ ...SAFE, PUBLIC_URL: 'https://localhost:4000', HOST: '127.0.0.1' }, []],
    [{ ...SAFE, PUBLIC_URL: 'https://localhost:4000', HOST: '::' }, ['PUBLIC_URL_LOCAL']],
    [{ PROFILE: 'development', HOST: '0.0.0.0' }, []],
  ] as const)('with %o are %o', async (env, codes) => {
    expect(await codesFor(env)).toEqual(codes);
  });

  it('say in plain sentences what is wrong and what to do', async () => {
    const config = loadConfig({});
    const found = await findUnsafe({ config, db: undefined, clock: { now: () => new Date(0) } });
    for (const { message, hint } of found) {
      for (const text of [message, hint]) expect(text).toMatch(/^[A-Z][^\n]*\.$/);
    }
  });
});
