import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findUnsafe } from '../../src/features/installation/safety.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { DISABLE_AUTH, ENABLE_AUTH, SKIP_SETUP } from '../support/auth-switch-documents.ts';
import {
  AUTH_STATUS,
  CHANGE_PASSWORD,
  IMPORT_USERS,
  LOGOUT,
  ME,
  SESSIONS,
  SETUP,
  USERS,
} from '../support/documents.ts';
import { RESET_PASSWORD } from '../support/password-documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { CREATE_USER, DELETE_USER, UPDATE_USER } from '../support/user-documents.ts';

const MANY = 100;

async function statusOf(app: TestApp) {
  const { enabled, hasUsers, setupSkipped } = (await app.graphql(AUTH_STATUS, {})).data.authStatus;
  return { enabled, hasUsers, setupSkipped };
}

async function skipSetup(app: TestApp) {
  return (await app.graphql(SKIP_SETUP, {})).data.skipSetup;
}

async function disableAuth(app: TestApp, token?: string) {
  const { data } = await app.graphql(DISABLE_AUTH, {}, token);
  return expectType(data.disableAuth, 'DisableAuthPayload').status;
}

async function createAnybody(app: TestApp, username: string, token?: string) {
  return app.graphql(CREATE_USER, { input: { username, password: PASSWORD } }, token);
}

const codesOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) =>
  errors.map(({ extensions }) => extensions.code);

describe.each(providers)('an installation without users on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
  });
  afterEach(() => app.close());

  it('wants to know who calls until setup is skipped, and then of nobody', async () => {
    expect(codesOf(await app.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    const { status } = expectType(await skipSetup(app), 'SkipSetupPayload');
    expect(status).toMatchObject({ enabled: false, hasUsers: false, setupSkipped: true });
    const { errors, data } = await app.graphql(USERS, {});
    expect(errors).toEqual([]);
    expect(data.users.edges).toEqual([]);
    // Whoever turns off what is off has skipped setup still.
    expect(await disableAuth(app)).toMatchObject({ enabled: false, setupSkipped: true });
    expectType((await app.graphql(ENABLE_AUTH, {})).data.enableAuth, 'SetupRequiredError');
  });

  it('turns authentication on with setup after it was skipped', async () => {
    await skipSetup(app);
    const { accessToken } = await setUpAdmin(app);
    expect(await statusOf(app)).toEqual({ enabled: true, hasUsers: true, setupSkipped: false });
    expect(codesOf(await app.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    expect((await app.graphql(ME, {}, accessToken)).data.me.username).toBe('admin');
    expectType(await skipSetup(app), 'SetupDoneError');
  });

  it('makes one administrator of a hundred first users who are made at once, and turns it on', async () => {
    await skipSetup(app);
    const names = Array.from({ length: MANY }, (_, i) => `user${i}`);
    const answers = await Promise.all(names.map((name) => createAnybody(app, name)));
    const made = answers.filter(
      ({ data }) => (data as typeof data | null)?.createUser.__typename === 'CreateUserPayload',
    );
    expect(made).toHaveLength(1);
    for (const answer of answers) {
      if (answer !== made[0]) expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    }
    const users = await app.services.db.prisma.user.findMany();
    expect(users.map(({ systemRole }) => systemRole)).toEqual(['ADMIN']);
    expect(await statusOf(app)).toEqual({ enabled: true, hasUsers: true, setupSkipped: false });
    const events = await app.services.db.prisma.auditEvent.findMany({
      orderBy: { sequence: 'asc' },
    });
    expect(events.map(({ action, actorKind }) => `${action} ${actorKind}`)).toEqual([
      'setup.skipped anonymous',
      'user.created open',
      'auth.enabled open',
    ]);
  });

  it('lets nobody be imported before there is an administrator', async () => {
    await skipSetup(app);
    const input = { users: [{ username: 'imported' }] };
    const { data } = await app.graphql(IMPORT_USERS, { input });
    expectType(data.importUsers, 'SetupRequiredError');
    expect(await app.services.db.prisma.user.count()).toBe(0);
  });

  it('is either set up or skipped where both are tried a hundred times at once', async () => {
    const tries = Array.from({ length: MANY }, (_, i) =>
      i % 2 === 0
        ? skipSetup(app).then(({ __typename }) => __typename)
        : app
            .graphql(SETUP, { input: { username: `admin${i}`, password: PASSWORD } })
            .then(({ data }) => data.setup.__typename),
    );
    const types = await Promise.all(tries);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(await app.services.db.prisma.user.count()).toBe(1);
    // Whatever came first: once there is a user, authentication is on.
    expect(await statusOf(app)).toEqual({ enabled: true, hasUsers: true, setupSkipped: false });
  });
});

describe.each(providers)('authentication that is turned off on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { FRESH_SECONDS: '600' } });
    admin = (await setUpAdmin(app)).accessToken;
    await registerUser(app, 'plain');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    admin = (await signIn(app, 'admin')).accessToken;
    await disableAuth(app, admin);
  });
  afterEach(async () => {
    const { data } = await app.graphql(ENABLE_AUTH, {}, admin);
    expectType(data.enableAuth, 'EnableAuthPayload');
  });

  it('is turned off by a system administrator alone, and turned on again by anybody', async () => {
    expect(await statusOf(app)).toEqual({ enabled: false, hasUsers: true, setupSkipped: false });
    const { data } = await app.graphql(ENABLE_AUTH, {});
    const { status } = expectType(data.enableAuth, 'EnableAuthPayload');
    expect(status).toMatchObject({ enabled: true, setupSkipped: false });
    const plain = (await signIn(app, 'plain')).accessToken;
    expect(codesOf(await app.graphql(DISABLE_AUTH, {}))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await app.graphql(DISABLE_AUTH, {}, plain))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.graphql(ENABLE_AUTH, {}))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await app.graphql(ENABLE_AUTH, {}, plain))).toEqual(['FORBIDDEN']);
    expectType(await skipSetup(app), 'SetupDoneError');
  });

  it('asks for a recent sign-in of whoever turns it off', async () => {
    await app.graphql(ENABLE_AUTH, {});
    const { accessToken } = await signIn(app, 'admin');
    app.clock.step(app.services.config.freshSeconds);
    const answer = await app.graphql(DISABLE_AUTH, {}, accessToken);
    expect(codesOf(answer)).toEqual(['REAUTHENTICATION_REQUIRED']);
  });

  it.each([
    ['nothing', undefined],
    ['a token', 'no token at all'],
  ])('lets whoever sends %s do what a system administrator may', async (_what, token) => {
    expect((await app.graphql(USERS, {}, token)).errors).toEqual([]);
    const name = token === undefined ? 'made' : 'made too';
    const { data } = await createAnybody(app, name, token);
    const made = expectType(data.createUser, 'CreateUserPayload').user;
    expect(made.systemRole).toBe('USER');
    expect((await statusOf(app)).enabled).toBe(false);

    const disabled = { input: { id: made.id, disabled: true, systemRole: 'ADMIN' as const } };
    const updated = (await app.graphql(UPDATE_USER, disabled, token)).data.updateUser;
    expect(expectType(updated, 'UpdateUserPayload').user.disabled).toBe(true);
    const reset = { input: { id: made.id, newPassword: `${PASSWORD} again` } };
    const { data: answer } = await app.graphql(RESET_PASSWORD, reset, token);
    expectType(answer.resetPassword, 'ResetPasswordPayload');
    const sessions = await app.graphql(SESSIONS, { userId: made.id }, token);
    expect(sessions.data.sessions).toEqual([]);
    const removed = (await app.graphql(DELETE_USER, { input: { id: made.id } }, token)).data;
    expectType(removed.deleteUser, 'DeleteUserPayload');

    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: made.id },
    });
    expect(new Set(events.map(({ actorKind, actorId }) => [actorKind, actorId].join()))).toEqual(
      new Set(['open,']),
    );
    expect(events.length).toBeGreaterThanOrEqual(5);
  });

  it('leaves the last administrator what they are', async () => {
    const input = { login: 'admin', disabled: true };
    const { data } = await app.graphql(UPDATE_USER, { input });
    expectType(data.updateUser, 'LastAdminError');
    const removed = (await app.graphql(DELETE_USER, { input: { login: 'admin' } })).data;
    expectType(removed.deleteUser, 'LastAdminError');
  });

  it('refuses what is for a person, with a token of one too', async () => {
    const input = { currentPassword: PASSWORD, newPassword: `${PASSWORD} again` };
    for (const token of [undefined, admin]) {
      const answers = [
        await app.graphql(ME, {}, token),
        await app.graphql(SESSIONS, {}, token),
        await app.graphql(LOGOUT, {}, token),
        await app.graphql(CHANGE_PASSWORD, { input }, token),
      ];
      expect(answers.map(codesOf)).toEqual(answers.map(() => ['UNAUTHENTICATED']));
    }
  });

  it('opens no other REST dialect', async () => {
    expect((await app.rest('GET', '/compat/quazzar-os/api/auth/me')).status).toBe(401);
    const { status } = await app.rest('GET', '/compat/quazzar-os/api/auth/me', { token: admin });
    expect(status).toBe(200);
  });

  it('refuses the very next request once it is on, of a hundred who write at once too', async () => {
    const writes = Array.from({ length: MANY }, async (_, i) => {
      if (i === MANY / 2) await app.graphql(ENABLE_AUTH, {});
      return createAnybody(app, `late${i}`);
    });
    await Promise.all(writes);
    expect(codesOf(await app.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    const { db } = app.services;
    const enabled = await db.prisma.auditEvent.findFirstOrThrow({
      where: { action: 'auth.enabled' },
      orderBy: { sequence: 'desc' },
    });
    const later = { sequence: { gt: enabled.sequence }, actorKind: 'open' };
    expect(await db.prisma.auditEvent.count({ where: later })).toBe(0);
  });

  it('is told by a line of the log at every change', async () => {
    const lines = () =>
      app.logged.flatMap(({ fields, level }) =>
        'authentication' in fields ? `${level} ${String(fields.authentication)}` : [],
      );
    await expect.poll(() => lines().at(-1)).toBe('warn off');
    await app.graphql(ENABLE_AUTH, {});
    await expect.poll(() => lines().at(-1)).toBe('info on');
  });
});

describe('an installation in which authentication must be on', () => {
  it('refuses to turn it off or to skip setup, and has it on where it was off before', async () => {
    const before = await startApp();
    const { accessToken } = await setUpAdmin(before);
    await disableAuth(before, accessToken);
    const { databaseUrl } = before;
    const app = await startApp({ databaseUrl, env: { ALLOW_AUTH_DISABLE: 'false' } });
    expect(await statusOf(app)).toMatchObject({ enabled: true });
    expect(codesOf(await app.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    const { data } = await app.graphql(DISABLE_AUTH, {}, accessToken);
    expectType(data.disableAuth, 'AuthAlwaysOnError');
    expect((await findUnsafe(app.services)).map(({ code }) => code)).toEqual([
      'AUTH_OFF_OVERRIDDEN',
    ]);
    await app.close();
    await before.close();

    const fresh = await startApp({ env: { ALLOW_AUTH_DISABLE: 'false' } });
    expectType(await skipSetup(fresh), 'AuthAlwaysOnError');
    expect(codesOf(await fresh.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    await fresh.close();
  });

  it('is what a server takes itself for that cannot ask its database', async () => {
    const app = await startApp();
    await skipSetup(app);
    await app.services.db.prisma.$executeRaw`ALTER TABLE "Setting" RENAME TO "Elsewhere"`;
    expect(codesOf(await app.graphql(USERS, {}))).toEqual(['UNAUTHENTICATED']);
    expect(app.logged.at(-1)).toMatchObject({ level: 'warn' });
    await app.services.db.prisma.$executeRaw`ALTER TABLE "Elsewhere" RENAME TO "Setting"`;
    expect((await app.graphql(USERS, {})).errors).toEqual([]);
    await app.close();
  });
});
