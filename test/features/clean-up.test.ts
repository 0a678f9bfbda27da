import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deletingRows } from '../../src/db/old-rows.ts';
import { startCleanUp } from '../../src/features/clean-up/job.ts';
import { CLEAN_UP_RULES } from '../../src/features/clean-up/rules.ts';
import { cleanUp, countOver } from '../../src/features/clean-up/run.ts';
import { expiredInvitations } from '../../src/features/invitations/store.ts';
import { endedMails, unsentMails } from '../../src/features/mail/store.ts';
import { expiredOneTimeTokens } from '../../src/features/one-time-tokens/store.ts';
import { deletingSessions, oldDevices } from '../../src/features/sessions/clean-up-store.ts';
import { forgottenCounts } from '../../src/features/throttles/store.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, LOGOUT, ME, REFRESH, SESSION_REVOKED } from '../support/documents.ts';
import { mailsTo } from '../support/email.ts';
import { insertDeadSessions } from '../support/over.ts';
import { createUser, markProven, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { planOf } from '../support/plan.ts';
import { poll, signedIn, subscription } from '../support/sockets.ts';

const DAY = 86_400;

describe.each(providers)('the clean-up on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider, env: { TRUSTED_PROXIES: '127.0.0.1' } });
  });
  afterEach(() => app.close());

  const removedBy = async (services = app.services) => {
    const removed: Record<string, number> = {};
    await cleanUp(services, {
      by: 'test',
      onRemoved: ({ name }, rows) => (removed[name] = (removed[name] ?? 0) + rows),
    });
    return removed;
  };
  const codeOf = async (token: string) =>
    (await app.graphql(ME, {}, token)).errors[0]?.extensions.code;
  const refresh = async (refreshToken: string) =>
    (await app.graphql(REFRESH, { input: { refreshToken } })).data.refresh.__typename;

  it('deletes a session 30 days after its end, and answers its tokens as before', async () => {
    await setUpAdmin(app);
    const [kept, ended] = [await signIn(app, 'admin'), await signIn(app, 'admin')];
    await app.graphql(LOGOUT, {}, ended.accessToken);
    const sessions = () => app.services.db.prisma.session.count();
    app.clock.step(29 * DAY);
    expect(await refresh(kept.refreshToken)).toBe('AuthPayload');
    expect(await removedBy()).toEqual({});
    expect(await refresh(ended.refreshToken)).toBe('RefreshTokenInvalidError');
    app.clock.step(DAY + 3601);
    expect(await removedBy()).toEqual({ sessions: 1 });
    expect(await sessions()).toBe(2);
    expect(await refresh(ended.refreshToken)).toBe('RefreshTokenInvalidError');
    expect(await codeOf(ended.accessToken)).toBe('UNAUTHENTICATED');
  });

  it('keeps a session that ended for as long as its refresh token lives', async () => {
    const { databaseUrl } = app;
    const env = { SESSION_RETENTION_DAYS: '0', REFRESH_TOKEN_SECONDS: String(60 * DAY) };
    const other = await startApp({ databaseUrl, env });
    try {
      const { accessToken } = await setUpAdmin(other);
      await other.graphql(LOGOUT, {}, accessToken);
      other.clock.step(60 * DAY);
      expect(await removedBy(other.services)).toEqual({});
      other.clock.step(3601);
      expect(await removedBy(other.services)).toEqual({ sessions: 1 });
    } finally {
      await other.close();
    }
  });

  it('remembers devices longer than their sessions, so that it causes no mail of a new device', async () => {
    const { accessToken } = await setUpAdmin(app);
    const email = 'ann@example.com';
    await createUser(app, accessToken, 'ann', { email });
    await markProven(app, email);
    const login = (address: string) => {
      const variables = { input: { username: 'ann', password: PASSWORD } };
      const headers = { 'user-agent': 'Firefox', 'x-forwarded-for': address };
      return app.rest('POST', '/graphql', { body: { query: String(LOGIN), variables }, headers });
    };
    const told = async () => (await mailsTo(app, email, 'newDevice')).length;
    await login('192.0.2.1');
    app.clock.step(130 * DAY);
    expect(await removedBy()).toMatchObject({ sessions: 2 });
    await login('192.0.2.1');
    expect(await told()).toBe(0);
    await login('192.0.2.2');
    expect(await told()).toBe(1);
    app.clock.step(364 * DAY);
    await removedBy();
    await login('192.0.2.1');
    expect(await told()).toBe(0);
    app.clock.step(500 * DAY);
    await removedBy();
    await login('192.0.2.1');
    expect(await told()).toBe(1);
  });

  it('tells nobody that a session has ended which ended long ago', async () => {
    const { accessToken, user } = await setUpAdmin(app);
    const { db } = app.services;
    const socket = await signedIn(app, accessToken);
    socket.send(subscription('1', String(SESSION_REVOKED)));
    await insertDeadSessions(db, { userId: user.id, now: app.clock.now(), count: 5, devices: 1 });
    expect(await removedBy()).toEqual({ sessions: 5 });
    const ended = await signIn(app, 'admin');
    await app.graphql(LOGOUT, {}, ended.accessToken);
    await poll(
      () =>
        socket
          .received()
          .toString()
          .match(/sessionRevoked/g)?.length,
    ).toBe(1);
    socket.end();
  });

  it('deletes what is over of every kind and nothing else, and counts the same before', async () => {
    const { user } = await setUpAdmin(app);
    const { prisma } = app.services.db;
    const now = app.clock.now();
    const at = (days: number) => new Date(now.getTime() + days * DAY * 1000);
    await insertDeadSessions(app.services.db, { userId: user.id, now, count: 450, devices: 3 });
    const pairs = [-400, -40, -0.5, 1].map((days) => [at(days), `${days}`] as const);
    const tenant = { id: 't', name: 't', createdAt: now, updatedAt: now };
    await prisma.tenant.create({ data: tenant });
    for (const [moment, id] of pairs) {
      await prisma.oneTimeToken.create({
        data: {
          ...{ id, purpose: 'sign-in', userId: user.id, tokenHash: id, triesLeft: 1 },
          ...{ createdAt: moment, expiresAt: moment },
        },
      });
      await prisma.tenantInvitation.create({
        data: {
          ...{ id, tenantId: 't', email: id, emailKey: id, role: 'MEMBER', tokenHash: id },
          ...{ inviterId: user.id, createdAt: moment, expiresAt: moment },
        },
      });
      for (const sentAt of [null, moment]) {
        const key = `${id} ${String(sentAt)}`;
        const text = { kind: 'newDevice', toAddress: '', toName: '', subject: '', body: '' };
        const mail = { ...text, id: key, messageId: key, createdAt: moment, sentAt };
        const dueAt = sentAt ? null : now;
        await prisma.outboxMail.create({ data: { ...mail, dueAt, attempts: 1 } });
      }
      const counted = { key: id, kind: 'signInHere', attempts: 1, nextAt: 0 };
      await prisma.throttle.create({ data: { ...counted, forgetAt: moment.getTime() } });
      await prisma.setting.create({ data: { key: `issuer ${id}`, value: '', updatedAt: moment } });
      const device = { userId: user.id, deviceHash: id, lastSignInAt: moment };
      await prisma.knownDevice.create({ data: device });
    }
    const expected = {
      ...{ sessions: 450, known_devices: 1, one_time_tokens: 2, invitations: 2 },
      ...{ mails: 2, unsent_mails: 2, throttles: 3, issuers: 2 },
    };
    const counts = (await countOver(app.services)).map(([{ name }, count]) => [name, count]);
    expect(Object.fromEntries(counts)).toMatchObject(expected);
    expect(await removedBy()).toEqual(expected);
    expect(await removedBy()).toEqual({});
    expect(await prisma.knownDevice.count()).toBe(6);
    expect(await prisma.session.count()).toBe(1);
    expect(await prisma.oneTimeToken.count()).toBe(2);
  });

  it('finds what is over by an index', async () => {
    const before = app.clock.now();
    const plain = [
      ...[expiredOneTimeTokens, expiredInvitations, endedMails, unsentMails],
      ...[forgottenCounts, oldDevices],
    ].map(
      (rows) =>
        [rows(before).order, deletingRows(app.services.db.engine, rows(before), 200)] as const,
    );
    const ends = (['revokedAt', 'expiresAt'] as const).map(
      (end) =>
        [end, deletingSessions(app.services.db.engine, { end, before, limit: 200 })] as const,
    );
    for (const [order, statement] of [...plain, ...ends]) {
      expect(await planOf(app, statement)).toMatch(new RegExp(`_${order}_idx`));
    }
  });

  it('is run by the server itself, and says what it did', async () => {
    const metrics = async () => (await app.rest('GET', '/metrics')).text;
    const { user } = await setUpAdmin(app);
    const over = { userId: user.id, now: app.clock.now(), count: 300, devices: 1 };
    await insertDeadSessions(app.services.db, over);
    const stop = startCleanUp(app.services, 0.01);
    await expect
      .poll(metrics, { timeout: 10_000 })
      .toContain('vestibule_clean_up_rows_total{kind="sessions"} 300');
    await expect
      .poll(metrics, { timeout: 10_000 })
      .toContain(
        `vestibule_clean_up_last_success_timestamp_seconds ${app.clock.now().getTime() / 1000}`,
      );
    await insertDeadSessions(app.services.db, over);
    await stop();
    // The next round is an hour after the last.
    expect(await app.services.db.prisma.session.count()).toBe(301);
    const again = startCleanUp(app.services, 0.01);
    app.clock.step(3600);
    const left = () => app.services.db.prisma.session.count();
    if (provider === 'sqlite') await expect.poll(left, { timeout: 10_000 }).toBe(1);
    await again();
    const lines = app.logged.filter(({ message }) => message === 'deleted what is over');
    expect(lines[0]).toMatchObject({ level: 'info', fields: { removed: { sessions: 300 } } });
  });

  it('stops between two batches', async () => {
    const { user } = await setUpAdmin(app);
    const over = { userId: user.id, now: app.clock.now(), count: 1000, devices: 1 };
    await insertDeadSessions(app.services.db, over);
    const stop = new AbortController();
    const onRemoved = () => stop.abort();
    expect(await cleanUp(app.services, { by: 'test', signal: stop.signal, onRemoved })).toBe(false);
    expect(await app.services.db.prisma.session.count()).toBe(801);
  });
});

describe('the rules of the clean-up', () => {
  it('have names that metrics can have, each once', () => {
    const names = CLEAN_UP_RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z_]+$/);
  });
});
