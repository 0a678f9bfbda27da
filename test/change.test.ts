import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../src/core/actor.ts';
import { membershipsOf } from '../src/access/memberships.ts';
import { type Change, change } from '../src/core/change.ts';
import { type Context, contextOf } from '../src/core/context.ts';
import { forRequest } from '../src/db/client.ts';
import { recordAuditEvent } from '../src/features/audit/record.ts';
import { whenceOf } from '../src/features/mail/frame.ts';
import { startApp, type TestApp } from './support/app.ts';
import { providers } from './support/database.ts';
import { given } from './support/given.ts';
import { setUpAdmin } from './support/people.ts';
import { addPerson, addTenant } from './support/projects.ts';

const ANN = {
  name: 'Ann',
  username: 'ann',
  email: 'ann@example.com',
  emailVerifiedAt: new Date(0),
};
const CONFLICT = Object.assign(new Error('conflict'), { code: 'P2034' });

describe.each(providers)('a change on %s', (provider) => {
  let app: TestApp;
  let ctx: Context;
  let heard: string[];

  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  beforeEach(async () => {
    await db().auditEvent.deleteMany();
    await db().auditHead.deleteMany();
    await db().outboxMail.deleteMany();
    await db().setting.deleteMany({ where: { key: 'changed' } });
    heard = [];
    const { services } = app;
    const request = { id: 'change', ipAddress: '192.0.2.7', userAgent: undefined };
    ctx = {
      ...contextOf(services, ANONYMOUS, request),
      // Only what the change itself publishes: PostgreSQL notifies of changed rows as well.
      changes: {
        ...services.changes,
        publish: (message) =>
          void heard.push(
            message.kind === 'session' ? `session ${message.sessionId}` : message.kind,
          ),
      },
      mail: { ...services.mail, wake: () => void heard.push('wake') },
    };
  });

  const db = () => app.services.db.prisma;
  const actions = async () =>
    (await db().auditEvent.findMany({ orderBy: { sequence: 'asc' } })).map(({ action }) => action);
  const isWritten = async () => (await db().setting.count({ where: { key: 'changed' } })) === 1;
  const counts = async () => ({
    isWritten: await isWritten(),
    mails: await db().outboxMail.count(),
    events: (await actions()).length,
  });

  /** Uses all that a change offers. */
  async function useAll({ tx, audit, mail, ended, publish }: Change) {
    audit({ action: 'user.enabled' });
    await tx.setting.create({ data: { key: 'changed', value: '', updatedAt: app.clock.now() } });
    await mail({ kind: 'recoveryCodesRegenerated', to: ANN, data: whenceOf(ctx) });
    ended([{ id: 's1', userId: 'u1' }]);
    publish({ kind: 'user', userId: 'u1' });
    audit({ action: 'user.disabled' });
  }

  it('publishes and mails nothing of what is rolled back', async () => {
    const failing = change(ctx, async (writes) => {
      await useAll(writes);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await counts()).toEqual({ isWritten: false, mails: 0, events: 0 });
    expect(heard).toEqual([]);
  });

  it('publishes and mails nothing if an audit event cannot be appended', async () => {
    const failing = change(ctx, async (writes) => {
      await useAll(writes);
      writes.audit({ action: 'user.enabled', details: { secret: 'x' } as object });
    });
    await expect(failing).rejects.toThrow('may not carry the detail secret');
    expect(await counts()).toEqual({ isWritten: false, mails: 0, events: 0 });
    expect(heard).toEqual([]);
  });

  it('records and publishes once what the database made it try again', async () => {
    let attempts = 0;
    const answer = await change(ctx, async (writes) => {
      await useAll(writes);
      attempts += 1;
      if (attempts < 3) throw CONFLICT;
      return 'done';
    });
    expect([answer, attempts]).toEqual(['done', 3]);
    expect(await counts()).toEqual({ isWritten: true, mails: 1, events: 2 });
    expect(heard).toEqual(['session s1', 'user', 'wake']);
  });

  it('publishes nothing of an attempt whose successor publishes nothing', async () => {
    let attempts = 0;
    await change(ctx, async (writes) => {
      attempts += 1;
      if (attempts > 1) return;
      await useAll(writes);
      throw CONFLICT;
    });
    expect(await counts()).toEqual({ isWritten: false, mails: 0, events: 0 });
    expect(heard).toEqual([]);
  });

  it('appends its audit events last, in the order of the calls', async () => {
    let appended: number | undefined;
    await change(ctx, async (writes) => {
      await useAll(writes);
      appended = await writes.tx.auditEvent.count();
    });
    expect(appended).toBe(0);
    expect(await actions()).toEqual(['user.enabled', 'user.disabled']);
  });

  // SQLite runs one transaction at a time.
  it.runIf(provider === 'postgresql')('lets others append until it has done its work', async () => {
    await change(ctx, async (writes) => {
      await useAll(writes);
      await recordAuditEvent(ctx, { action: 'auth.logout' });
    });
    expect(await actions()).toEqual(['auth.logout', 'user.enabled', 'user.disabled']);
  });

  it('publishes in the order of the calls and wakes the mail sender, all after the commit', async () => {
    const seen: Promise<boolean>[] = [];
    const changes = {
      ...ctx.changes,
      publish: (message: Parameters<typeof ctx.changes.publish>[0]) => {
        seen.push(isWritten());
        ctx.changes.publish(message);
      },
    };
    await change({ ...ctx, changes }, async (writes) => {
      writes.publish({ kind: 'auth' });
      await useAll(writes);
      writes.ended([
        { id: 's2', userId: 'u1' },
        { id: 's3', userId: 'u2' },
      ]);
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual(['auth', 'session s1', 'user', 'session s2', 'session s3', 'wake']);
    expect(await Promise.all(seen)).toEqual([true, true, true, true, true]);
  });

  it('wakes the mail sender only if there is a mail', async () => {
    const to = { ...ANN, emailVerifiedAt: null };
    const isQueued = await change(ctx, ({ mail }) =>
      mail({ kind: 'recoveryCodesRegenerated', to, data: whenceOf(ctx) }),
    );
    expect(isQueued).toBe(false);
    expect(heard).toEqual([]);
  });

  it("forgets the caller's memberships with the commit, and not before", async () => {
    const [person, { tenantId }] = [await addPerson(app), await addTenant(app)];
    const user = await db().user.findUniqueOrThrow({ where: { id: person.id } });
    const session = await db().session.findFirstOrThrow({ where: { userId: user.id } });
    const caller: Context = {
      ...ctx,
      actor: { kind: 'user', user, session, expiresAt: session.expiresAt },
    };
    const isIn = async () => (await membershipsOf(caller)).tenants.has(tenantId);
    const join = async ({ tx }: Change) => {
      const role = given('MEMBER' as const);
      const place = { tenantId, userId: user.id, role, createdAt: app.clock.now() };
      await tx.tenantMembership.create({ data: place });
    };
    expect(await isIn()).toBe(false);
    const failing = change(caller, async (writes) => {
      await join(writes);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await isIn()).toBe(false);
    await change(caller, async (writes) => {
      await join(writes);
      expect(await isIn()).toBe(false);
    });
    expect(await isIn()).toBe(true);
  });

  it('begins nothing for a request that was aborted', async () => {
    const aborted = { ...ctx, db: forRequest(ctx.db, AbortSignal.abort(new Error('gone'))) };
    await expect(change(aborted, useAll)).rejects.toThrow('gone');
    expect(await counts()).toEqual({ isWritten: false, mails: 0, events: 0 });
    expect(heard).toEqual([]);
  });
});
