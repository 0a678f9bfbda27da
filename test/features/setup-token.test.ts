import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { makeDefaultAdmin } from '../../src/features/setup/first-user.ts';
import { forgetTokenAfterSetup, prepareSetup } from '../../src/features/setup/waiting.ts';
import { expectType, startApp } from '../support/app.ts';
import { SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { cli } from '../support/cli.ts';
import { createTestDatabase, postgresUrl, providers } from '../support/database.ts';
import { AUTH_STATUS, LOGIN, REGISTER, SETUP } from '../support/documents.ts';
import { PASSWORD } from '../support/people.ts';
import { type ProductionApp, startInProduction } from '../support/production.ts';
import { CREATE_USER } from '../support/user-documents.ts';

const MANY = 100;
const WRONG = 'no token that was ever printed';
const CREDENTIALS = { username: 'admin', password: PASSWORD };

const setUp = async (
  app: Pick<ProductionApp, 'graphql'>,
  setupToken?: string,
  username = 'admin',
) => (await app.graphql(SETUP, { input: { ...CREDENTIALS, username, setupToken } })).data.setup;

const users = (app: ProductionApp) => app.services.db.prisma.user.count();
const rows = (app: ProductionApp) =>
  app.services.db.prisma.setting.count({ where: { key: 'setup-token' } });

async function started(options: Parameters<typeof startInProduction>[0] = {}) {
  const app = await startInProduction(options);
  onTestFinished(() => app.close());
  return app;
}

describe.each(providers)('setup in production on %s', (provider) => {
  let app: ProductionApp;
  beforeEach(async () => {
    app = await startInProduction({ provider });
  });
  afterEach(() => app.close());

  it('is refused without the token and with a wrong one, and makes nobody', async () => {
    expectType(await setUp(app), 'SetupTokenRequiredError');
    expectType(await setUp(app, ''), 'SetupTokenRequiredError');
    expectType(await setUp(app, WRONG), 'SetupTokenInvalidError');
    expectType(await setUp(app, app.token!.slice(0, -1)), 'SetupTokenInvalidError');
    expect(await users(app)).toBe(0);
    const events = await app.services.db.prisma.auditEvent.findMany();
    expect(events.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'setup.refused failure',
      'setup.refused failure',
    ]);
  });

  it('works once with the token, which is gone afterwards', async () => {
    expect(await rows(app)).toBe(1);
    const { user } = expectType(await setUp(app, app.token), 'AuthPayload');
    expect(user.systemRole).toBe('ADMIN');
    expect(await rows(app)).toBe(0);
    expectType(await setUp(app, app.token), 'SetupDoneError');
    expectType(await setUp(app), 'SetupDoneError');
  });

  it('makes one administrator of a hundred with the token who try at once', async () => {
    const tries = Array.from({ length: MANY }, (_, i) => setUp(app, app.token, `admin${i}`));
    const types = (await Promise.all(tries)).map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'SetupDoneError')).toHaveLength(MANY - 1);
    expect(await users(app)).toBe(1);
    expect(await rows(app)).toBe(0);
  });

  it('leaves the token good where the password is refused', async () => {
    const input = { username: 'admin', password: 'short', setupToken: app.token };
    expectType((await app.graphql(SETUP, { input })).data.setup, 'PasswordRefusedError');
    expectType(await setUp(app, app.token), 'AuthPayload');
  });

  it('does not let the first user be made by registration, with the token or without', async () => {
    for (const headers of [{}, { 'setup-token': app.token! }]) {
      const body = { query: String(REGISTER), variables: { input: CREDENTIALS } };
      const answer = await app.rest('POST', '/graphql', { body, headers });
      expect(answer.body).toMatchObject({ data: { register: { code: 'SETUP_REQUIRED' } } });
    }
    expect(await users(app)).toBe(0);
  });

  it('keeps the token sealed in the database, and in a file for its owner alone', async () => {
    const { db } = app.services;
    const row = await db.prisma.setting.findUniqueOrThrow({ where: { key: 'setup-token' } });
    expect(row.value).not.toContain(app.token);
    expect(app.readFile()).toBe(app.token);
    expect(app.token!.length).toBeGreaterThanOrEqual(43);
    expect(statSync(join(app.folder, 'setup-token')).mode & 0o777).toBe(0o600);
  });

  it('has one token for all processes, each of which forgets it once there is a user', async () => {
    const { databaseUrl } = app;
    const others = await Promise.all(Array.from({ length: 5 }, () => started({ databaseUrl })));
    expect(new Set(others.map(({ token }) => token))).toEqual(new Set([app.token]));
    const [other] = others as [ProductionApp];
    const stop = forgetTokenAfterSetup(other.services);
    onTestFinished(stop);
    expect(other.readFile()).toBe(app.token);
    expectType(await setUp(app, app.token), 'AuthPayload');
    other.services.changes.publish({ kind: 'auth' });
    await expect.poll(() => existsSync(join(other.folder, 'setup-token'))).toBe(false);
    // A later start of this one finds the file that was left.
    expect(await prepareSetup(app.services)).toBeUndefined();
    expect(existsSync(join(app.folder, 'setup-token'))).toBe(false);
    expect(await rows(app)).toBe(0);
  });

  it('takes the token of SETUP_TOKEN instead, until there is a user', async () => {
    const SETUP_TOKEN = 'chosen-by-the-operator';
    const chosen = await started({ provider, env: { SETUP_TOKEN } });
    expect(existsSync(join(chosen.folder, 'setup-token'))).toBe(false);
    expectType(await setUp(chosen, WRONG), 'SetupTokenInvalidError');
    expectType(await setUp(chosen, SETUP_TOKEN), 'AuthPayload');
    expectType(await setUp(chosen, SETUP_TOKEN, 'second'), 'SetupDoneError');
    expectType((await chosen.graphql(SKIP_SETUP, {})).data.skipSetup, 'SetupDoneError');
  });

  it('makes one administrator of a hundred with SETUP_TOKEN who try at once', async () => {
    const SETUP_TOKEN = 'chosen-by-the-operator';
    const chosen = await started({ provider, env: { SETUP_TOKEN } });
    const tries = Array.from({ length: MANY }, (_, i) => setUp(chosen, SETUP_TOKEN, `admin${i}`));
    const types = (await Promise.all(tries)).map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(await users(chosen)).toBe(1);
  });

  it('takes no token where OPEN_SETUP says so', async () => {
    const open = await started({ provider, env: { OPEN_SETUP: 'true' } });
    expect(open.token).toBeUndefined();
    expectType(await setUp(open), 'AuthPayload');
  });

  it('is not skipped unless ALLOW_AUTH_DISABLE is set, and then with the token', async () => {
    const skip = async (of: ProductionApp, setupToken?: string) => {
      const body = {
        query: 'mutation ($input: SkipSetupInput) { skipSetup(input: $input) { __typename } }',
        variables: { input: { setupToken } },
      };
      const answer = await of.rest('POST', '/graphql', { body });
      return (answer.body as { data: { skipSetup: { __typename: string } } }).data.skipSetup;
    };
    expectType(await skip(app, app.token), 'AuthAlwaysOnError');
    const allowed = await started({ provider, env: { ALLOW_AUTH_DISABLE: 'true' } });
    expectType(await skip(allowed), 'SetupTokenRequiredError');
    expectType(await skip(allowed, WRONG), 'SetupTokenInvalidError');
    const status = async () => (await allowed.graphql(AUTH_STATUS, {})).data.authStatus;
    expect(await status()).toMatchObject({ setupSkipped: false, setupTokenRequired: true });
    expectType(await skip(allowed, allowed.token), 'SkipSetupPayload');
    expect(await status()).toMatchObject({ enabled: false, setupSkipped: true });

    // The first user is setup by another name, and takes the token still.
    const { errors } = await allowed.graphql(CREATE_USER, { input: CREDENTIALS });
    expect(errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', reason: 'SETUP_TOKEN_REQUIRED' } },
    ]);
    expectType(await setUp(allowed), 'SetupTokenRequiredError');
    expect(await users(allowed)).toBe(0);
    expectType(await setUp(allowed, allowed.token), 'AuthPayload');
    expect(await status()).toMatchObject({ enabled: true, hasUsers: true });
  });

  it('makes one administrator of a hundred first users with the token while it is skipped', async () => {
    const skipped = await started({ provider, env: { ALLOW_AUTH_DISABLE: 'true' } });
    const headers = { 'setup-token': skipped.token! };
    await skipped.rest('POST', '/compat/dumb/api/auth/skip-setup', { headers });
    const tries = Array.from({ length: MANY }, (_, i) => {
      const body = { username: `user${i}`, password: PASSWORD };
      return skipped.rest('POST', '/compat/dumb/api/auth/users', { body, headers });
    });
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const made = await skipped.services.db.prisma.user.findMany();
    expect(made.map(({ systemRole }) => systemRole)).toEqual(['ADMIN']);
  });

  it('is done by the operator at the machine without the token', async () => {
    const { databaseUrl: DATABASE_URL } = app;
    const SECRET_KEY = app.services.config.secretKeys.join(',');
    const env = { DATABASE_URL, SECRET_KEY, DATA_DIR: app.folder };
    const { code } = await cli(env, ['user', 'create', 'admin', '--admin']);
    expect(code).toBe(0);
    expect(await rows(app)).toBe(0);
    expectType(await setUp(app, app.token), 'SetupDoneError');
  });

  it('is not done by DEFAULT_ADMIN, whose password is known, unless OPEN_SETUP says so', async () => {
    const login = { input: { username: 'admin', password: 'admin' } };
    const closed = await started({ provider, env: { DEFAULT_ADMIN: 'true' } });
    await makeDefaultAdmin(closed.services);
    expect(await users(closed)).toBe(0);
    expectType((await closed.graphql(LOGIN, login)).data.login, 'InvalidCredentialsError');
    const warnings = closed.logged.filter(({ level }) => level === 'warn');
    expect(warnings.at(-1)?.message).toMatch(/^DEFAULT_ADMIN made no account/);

    const open = await started({ provider, env: { DEFAULT_ADMIN: 'true', OPEN_SETUP: 'true' } });
    await makeDefaultAdmin(open.services);
    expectType((await open.graphql(LOGIN, login)).data.login, 'AuthPayload');
  });

  it('counts tokens that are tried, by address, the right one too', async () => {
    const counting = await started({
      provider,
      env: { THROTTLE: 'on', TRUSTED_PROXIES: '127.0.0.1', ALLOW_AUTH_DISABLE: 'true' },
    });
    const tryFrom = async (address: string, token: string, path = '/setup') => {
      const headers = { 'x-forwarded-for': address, 'setup-token': token };
      const url = `/compat/dumb/api/auth${path}`;
      return (await counting.rest('POST', url, { body: CREDENTIALS, headers })).status;
    };
    expect(await tryFrom('192.0.2.2', counting.token!, '/skip-setup')).toBe(200);
    const statuses = [];
    for (let i = 0; i < 40; i++) {
      const path = ['/setup', '/skip-setup', '/users'][i % 3];
      statuses.push(await tryFrom('192.0.2.1', WRONG, path));
    }
    const tried = statuses.filter((status) => status === 403);
    expect(tried.length).toBeLessThanOrEqual(20);
    expect(statuses.slice(tried.length)).toEqual(Array(40 - tried.length).fill(429));
    expect(await tryFrom('192.0.2.1', counting.token!)).toBe(429);
    expect(await users(counting)).toBe(0);
    expect(await tryFrom('192.0.2.2', counting.token!)).toBe(200);
  });
});

describe.skipIf(postgresUrl === undefined)('setup in production by three processes', () => {
  let app: ProductionApp;
  beforeAll(async () => {
    app = await startInProduction({ provider: 'three processes' });
  });
  afterAll(() => app.close());

  it('makes one administrator of a hundred with the token who try at once', async () => {
    const tries = Array.from({ length: MANY }, (_, i) => setUp(app, app.token, `admin${i}`));
    const types = (await Promise.all(tries)).map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'SetupDoneError')).toHaveLength(MANY - 1);
    expect(await users(app)).toBe(1);
    expect(await rows(app)).toBe(0);
  });
});

describe('setup in development', () => {
  it('takes no token', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    expect(await prepareSetup(app.services)).toBeUndefined();
    expectType(await setUp(app), 'AuthPayload');
  });

  it.each([{ OPEN_SETUP: 'false' }, { SETUP_TOKEN: 'chosen-by-the-operator' }])(
    'takes one with %o',
    async (env) => {
      const app = await started({ env: { PROFILE: 'development', ...env } });
      expectType(await setUp(app), 'SetupTokenRequiredError');
      expectType(await setUp(app, app.token), 'AuthPayload');
    },
  );
});

describe('SETUP_TOKEN', () => {
  it.each([
    'fifteen-letters',
    'a token with blanks in it',
    'a-token-with-ünïcode',
    'x'.repeat(257),
  ])('is refused where it is %j, and not repeated', (SETUP_TOKEN) => {
    const load = () => loadConfig({ SETUP_TOKEN });
    expect(load).toThrow(/SETUP_TOKEN must have 16 to 256 printable ASCII characters/);
    expect(load).not.toThrow(SETUP_TOKEN);
  });

  it('is good once, whichever process takes it', async () => {
    const database = await createTestDatabase('sqlite');
    onTestFinished(() => database.drop());
    const env = { SETUP_TOKEN: 'chosen-by-the-operator' };
    const one = await started({ databaseUrl: database.url, env });
    const other = await started({ databaseUrl: database.url, env });
    expectType(await setUp(one, env.SETUP_TOKEN), 'AuthPayload');
    expectType(await setUp(other, env.SETUP_TOKEN), 'SetupDoneError');
  });
});
