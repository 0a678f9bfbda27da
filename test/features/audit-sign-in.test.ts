import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../src/doors/cli/run.ts';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { forge } from '../support/audit.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, LOGOUT, REVOKE_OTHER_SESSIONS, REVOKE_SESSION } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { answer, challenge, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const WRONG = 'wrong horse battery';

describe.each(providers)('the audit of signing in on %s', (provider) => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const since = async (mark: bigint) => {
    const rows = await app.services.db.prisma.auditEvent.findMany({
      where: { sequence: { gt: mark } },
      orderBy: { sequence: 'asc' },
    });
    return rows.map(({ action, outcome, actorId, targetId, details }) => ({
      action,
      outcome,
      actorId,
      targetId,
      details,
    }));
  };
  const mark = async () =>
    (await app.services.db.prisma.auditHead.findFirstOrThrow({ select: { sequence: true } }))
      .sequence;
  const tokenOf = (accessToken: string) =>
    JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
  const login = (username: string, password: string) =>
    app.graphql(LOGIN, { input: { username, password } });

  it('begins with the setup, and with the session that it begins', async () => {
    const { id } = admin.user;
    const by = { outcome: 'success', actorId: id };
    expect(await since(0n)).toMatchObject([
      { ...by, action: 'setup.completed', targetId: id },
      { ...by, action: 'auth.login', details: '{"amr":"pwd"}' },
    ]);
  });

  it('has a registration and a sign-in, each with its session', async () => {
    const before = await mark();
    const { user } = await registerUser(app, 'Ada');
    const { accessToken } = await signIn(app, 'Ada');
    const by = { outcome: 'success', actorId: user.id };
    expect(await since(before)).toMatchObject([
      { ...by, action: 'auth.registered', targetId: user.id },
      { ...by, action: 'auth.login' },
      { ...by, action: 'auth.login' },
    ]);
    const { sid } = tokenOf(accessToken);
    const where = { sessionId: sid, action: 'auth.login' };
    expect(await app.services.db.prisma.auditEvent.count({ where })).toBe(1);
  });

  it('has a refused sign-in, whose it was only where there is such an account', async () => {
    const { user } = await registerUser(app, 'Bea');
    const before = await mark();
    await login('Bea', WRONG);
    await login('nobody at all', WRONG);
    const data = { disabled: true };
    await app.services.db.prisma.user.update({ where: { id: user.id }, data });
    await login('Bea', PASSWORD);
    const refused = { action: 'auth.login_failed', outcome: 'failure', actorId: null };
    expect(await since(before)).toEqual([
      { ...refused, targetId: user.id, details: '{"reason":"INVALID_CREDENTIALS"}' },
      { ...refused, targetId: null, details: '{"reason":"INVALID_CREDENTIALS"}' },
      { ...refused, targetId: user.id, details: '{"reason":"ACCOUNT_DISABLED"}' },
    ]);
  });

  it('has a refused second factor, and a challenge that nobody was given', async () => {
    const { user, accessToken } = await registerUser(app, 'Cleo');
    const { secret } = await turnOnTotp(app, accessToken);
    const { challengeToken } = await challenge(app, 'Cleo');
    const before = await mark();
    expectType(await answer(app, challengeToken, wrongCodeOf(app, secret)), 'WrongCodeError');
    expectType(await answer(app, 'none', '123456'), 'ChallengeInvalidError');
    const refused = { action: 'auth.login_failed', outcome: 'failure', actorId: null };
    expect(await since(before)).toEqual([
      { ...refused, targetId: user.id, details: '{"reason":"WRONG_CODE"}' },
      { ...refused, targetId: null, details: '{"reason":"CHALLENGE_INVALID"}' },
    ]);
  });

  it('has the end of sessions: by their own user, by an administrator, and by a sign-out', async () => {
    const { user, accessToken } = await registerUser(app, 'Dee');
    await signIn(app, 'Dee');
    const third = await signIn(app, 'Dee');
    const before = await mark();
    const id = tokenOf(third.accessToken).sid;
    await app.graphql(REVOKE_SESSION, { input: { id } }, admin.accessToken);
    await app.graphql(REVOKE_OTHER_SESSIONS, {}, accessToken);
    await app.graphql(LOGOUT, {}, accessToken);
    await app.graphql(REVOKE_SESSION, { input: { id } }, admin.accessToken);
    const own = { outcome: 'success', actorId: user.id };
    expect(await since(before)).toMatchObject([
      { action: 'session.revoked', actorId: admin.user.id, targetId: user.id },
      { ...own, action: 'session.others_revoked', targetId: user.id, details: '{"count":1}' },
      { ...own, action: 'auth.logout' },
    ]);
  });

  it('holds no secret, and is one chain through a hundred sign-ins at once, half of them refused', async () => {
    const names = await Promise.all(
      ['Eve', 'Fay'].map(async (name) => (await registerUser(app, name)).user.username!),
    );
    const before = await mark();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => login(names[i % 2]!, i % 4 < 2 ? PASSWORD : WRONG)),
    );
    const actions = (await since(before)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'auth.login')).toHaveLength(50);
    expect(actions.filter((action) => action === 'auth.login_failed')).toHaveLength(50);
    expect((await verifyAuditChain(app.services.db)).faults).toEqual([]);
    const everything = JSON.stringify(await app.services.db.prisma.auditEvent.findMany(), (_, v) =>
      typeof v === 'bigint' ? Number(v) : (v as unknown),
    );
    for (const secret of [PASSWORD, WRONG, admin.accessToken, admin.refreshToken]) {
      expect(everything).not.toContain(secret);
    }
  });

  it('is verified by the command line beside the running server, which names what was changed', async () => {
    const { db } = app.services;
    const verify = async () => {
      const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const env = { DATABASE_URL: app.databaseUrl, SECRET_KEY: 'a secret key: 32 bytes and more!' };
      const terminal = { env, stdin, stdout, stderr, isWatched: false };
      const code = await runCli(terminal, ['audit', 'verify']);
      stdout.end();
      return { code, output: await text(stdout) };
    };
    const { sequence, hash } = await db.prisma.auditHead.findFirstOrThrow();
    const whole = `${sequence} events read: the chain holds\nend: ${sequence} ${hash}\n`;
    expect(await verify()).toEqual({ code: 0, output: whole });

    await forge(db, 3);
    await db.prisma.auditEvent.delete({ where: { sequence: 6 } });
    const { code, output } = await verify();
    expect(code).toBe(1);
    expect(output).toMatch(/^changed: event 3\nmissing: event 6\n.*does NOT hold\nend: /);
  });
});
