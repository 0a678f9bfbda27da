import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { cli } from '../support/cli.ts';
import { providers } from '../support/database.ts';
import { LOGIN, ME } from '../support/documents.ts';
import { setUpAdmin, signIn } from '../support/people.ts';

const SECRET_KEY = 'a secret key for tests: 32 bytes and more';

describe.each(providers)('vestibule user, beside a running server on %s,', (provider) => {
  let app: TestApp;
  let env: Record<string, string>;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    env = {
      PROFILE: 'development',
      DATABASE_URL: app.databaseUrl,
      SECRET_KEY,
      DATA_DIR: '/nowhere',
      LOG_LEVEL: 'silent',
      ARGON2_MEMORY_KIB: '64',
      ARGON2_TIME: '1',
    };
  });
  afterAll(() => app.close());

  const user = (argv: string[], input?: string) => cli(env, ['user', ...argv], input);

  it('makes accounts that choose another password first', async () => {
    const made = await user(['create', 'ann', '--name', 'Ann', '--admin']);
    expect(made).toMatchObject({ code: 0, errors: '' });
    const password = /^password: (\S{20})\n/m.exec(made.output)?.[1] ?? '';
    const { accessToken } = await signIn(app, 'ann', password);
    const { data, errors } = await app.graphql(ME, {}, accessToken);
    expect(errors).toEqual([]);
    expect(data.me).toMatchObject({ username: 'ann', systemRole: 'ADMIN' });
    const given = await user(
      ['create', 'bob@example.com', '--password-stdin'],
      'a password of his own\n',
    );
    expect(given.output).toMatch(/^[0-9a-f-]{36}\tbob@example.com\n$/);
    await signIn(app, 'bob@example.com', 'a password of his own');
  });

  it('says why an account cannot be made', async () => {
    await user(['create', 'taken']);
    expect(await user(['create', 'taken'])).toMatchObject({
      code: 2,
      errors: 'That username is taken.',
    });
    expect(await user(['create', 'eve', '--password-stdin'], 'short\n')).toMatchObject({ code: 2 });
    expect(await user(['create', 'no@address@here'])).toMatchObject({ code: 2 });
  });

  it('takes an id for the account that has it, and makes no account that is named like one', async () => {
    const { id } = await app.services.db.prisma.user.findFirstOrThrow({
      where: { username: 'admin' },
    });
    expect(await user(['create', id])).toMatchObject({
      code: 2,
      errors: `${JSON.stringify(id)} must not look like an id`,
    });
    await user(['create', 'impostor', '--admin']);
    // As accounts of before that rule may be named.
    await app.services.db.prisma.user.update({
      where: { usernameKey: 'impostor' },
      data: { username: id, usernameKey: id, handleKey: id },
    });
    expect((await user(['disable', id])).output).toBe('admin is disabled\n');
    expect((await user(['enable', id])).output).toBe('admin is enabled\n');
    await app.services.db.prisma.user.delete({ where: { usernameKey: id } });
  });

  it('lists them all', async () => {
    const { code, output } = await user(['list']);
    expect(code).toBe(0);
    expect(output).toMatch(/^[0-9a-f-]{36}\tadmin\t-\tADMIN\tenabled$/m);
  });

  it('keeps somebody out, whose sessions end, and lets them in again', async () => {
    await user(['create', 'cleo', '--password-stdin'], 'a password of her own\n');
    const { accessToken } = await signIn(app, 'cleo', 'a password of her own');
    expect(await user(['disable', 'cleo'])).toMatchObject({
      code: 0,
      output: 'cleo is disabled\n',
    });
    const login = () =>
      app.graphql(LOGIN, { input: { username: 'cleo', password: 'a password of her own' } });
    expectType((await login()).data.login, 'AccountDisabledError');
    // Another process ended it: on SQLite a server remembers for five seconds at most.
    app.services.changes.publish({ kind: 'gap' });
    expect((await app.graphql(ME, {}, accessToken)).errors).toHaveLength(1);
    expect(await user(['enable', 'cleo'])).toMatchObject({ code: 0, output: 'cleo is enabled\n' });
    expectType((await login()).data.login, 'AuthPayload');
    const event = await app.services.db.prisma.auditEvent.findFirstOrThrow({
      where: { action: 'user.disabled' },
    });
    expect(event).toMatchObject({ actorKind: 'system', actorName: 'vestibule user disable' });
  });

  it('gives another password', async () => {
    await user(['create', 'dora', '--password-stdin'], 'a password of her own\n');
    await signIn(app, 'dora', 'a password of her own');
    const { output } = await user(['reset-password', 'dora']);
    expect(output).toMatch(/^dora has another password, \d+ sessions ended\npassword: \S{20}\n$/);
    await signIn(app, 'dora', /password: (\S+)/.exec(output)?.[1] ?? '');
    expect(await user(['reset-password', 'nobody'])).toMatchObject({
      code: 2,
      errors: 'there is no user "nobody"',
    });
  });

  it('leaves one administrator of those who are disabled at once, in an unbroken audit', async () => {
    const results = await Promise.all([user(['disable', 'ann']), user(['disable', 'admin'])]);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(results.find(({ code }) => code === 2)?.errors).toBe(
      'The last active administrator has to stay one.',
    );
    expect((await verifyAuditChain(app.services.db)).faults).toEqual([]);
  });
});
