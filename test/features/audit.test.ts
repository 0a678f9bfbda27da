import { afterEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { transaction } from '../../src/db/transaction.ts';
import { AUDIT_ACTIONS } from '../../src/core/audit-actions.ts';
import { hashEvent } from '../../src/features/audit/chain.ts';
import type { AuditContext } from '../../src/core/audit.ts';
import { auditEvent, auditUser } from '../../src/features/audit/event.ts';
import { recordAuditEvent } from '../../src/features/audit/record.ts';
import { insertAuditEvent } from '../../src/features/audit/append-store.ts';
import { listAuditEvents } from '../../src/features/audit/store.ts';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { append, AT, BY_NOBODY } from '../support/audit.ts';
import { createTestDatabase, providers } from '../support/database.ts';

const USER = { id: 'u1', username: 'ann', email: null };

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe.each(providers)('the audit chain on %s', (provider) => {
  it('gives back an event as it was recorded', async () => {
    const db = await open();
    const entry = {
      action: 'session.refresh_reused',
      outcome: 'denied',
      target: { type: 'user', id: 'u1' },
      sessionId: 's1',
    } as const;
    await append(db, entry);
    const [event] = await listAuditEvents(db, { after: 0, limit: 10 });
    expect(event).toEqual({
      sequence: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: AT,
      actorKind: 'anonymous',
      actorId: null,
      actorName: null,
      action: 'session.refresh_reused',
      targetType: 'user',
      targetId: 'u1',
      outcome: 'denied',
      ipAddress: '192.0.2.7',
      userAgent: 'curl/8',
      requestId: 'request-1',
      sessionId: 's1',
      details: '{}',
      previousHash: '',
      hash: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await verifyAuditChain(db)).toEqual({
      checked: 1,
      prunedTo: 0,
      end: 1,
      endHash: event?.hash,
      faults: [],
    });
  });

  it('stays unbroken and without gaps when 100 append at once', async () => {
    const db = await open();
    const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
    await Promise.all(
      names.map((key) =>
        transaction(db, async (tx) => {
          await tx.setting.create({ data: { key, value: '', updatedAt: AT } });
          await insertAuditEvent(db, tx, auditEvent(BY_NOBODY, { action: 'auth.logout' }));
        }),
      ),
    );
    expect(await db.prisma.setting.count()).toBe(100);
    const events = await listAuditEvents(db, { after: 0, limit: 1000 });
    expect(events.map(({ sequence }) => sequence)).toEqual(names.map((_, i) => i + 1));
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 100, end: 100, faults: [] });
  });

  it('forgets the event of a transaction that fails, and uses its place again', async () => {
    const db = await open();
    await append(db, { action: 'auth.logout' });
    const failing = transaction(db, async (tx) => {
      await insertAuditEvent(db, tx, auditEvent(BY_NOBODY, { action: 'auth.login' }));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await append(db, { action: 'auth.logout' });
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 2, end: 2, faults: [] });
  });

  it('records a refusal in a transaction of its own', async () => {
    const db = await open();
    const ctx = { ...BY_NOBODY, db } as unknown as Parameters<typeof recordAuditEvent>[0];
    const details = { reason: 'INVALID_CREDENTIALS' };
    await recordAuditEvent(ctx, { action: 'auth.login_failed', outcome: 'failure', details });
    const [event] = await listAuditEvents(db, { after: 0, limit: 10 });
    expect(event).toMatchObject({ action: 'auth.login_failed', outcome: 'failure' });
    expect(JSON.parse(event?.details ?? '')).toEqual(details);
  });

  it('stores whatever bytes a client sends, and hashes what is stored', async () => {
    const db = await open();
    const userAgent = `\ud800\0\r\n"\u202e😀${'x'.repeat(5000)}`;
    const ctx = { ...BY_NOBODY, request: { ...BY_NOBODY.request, userAgent } };
    const event = auditEvent(ctx, { action: 'auth.logout' });
    await transaction(db, (tx) => insertAuditEvent(db, tx, event));
    const [stored] = await listAuditEvents(db, { after: 0, limit: 10 });
    expect(stored?.userAgent).toHaveLength(512);
    expect(stored?.userAgent).toMatch(/^\ufffd\ufffd\r\n"\u202e😀x/);
    expect((await verifyAuditChain(db)).faults).toEqual([]);
  });

  async function open(): Promise<Database> {
    const test = await createTestDatabase(provider);
    undo.push(() => test.drop());
    return openAt(test.url);
  }
});

describe('auditEvent', () => {
  it('takes who, when and from where from the request', () => {
    const actor = { kind: 'user', user: USER, session: { id: 's1' } };
    const ctx = { ...BY_NOBODY, actor: actor as unknown as AuditContext['actor'] };
    expect(auditEvent(ctx, { action: 'password.changed', details: { count: 2 } })).toMatchObject({
      at: AT,
      actorKind: 'user',
      actorId: 'u1',
      actorName: 'ann',
      outcome: 'success',
      ipAddress: '192.0.2.7',
      requestId: 'request-1',
      sessionId: 's1',
      details: '{"count":2}',
    });
  });

  it('names a person as they are known now, where the call does not', () => {
    const event = (user: Parameters<typeof auditUser>[0]) =>
      auditEvent(BY_NOBODY, { action: 'auth.login', actor: auditUser(user) });
    expect(event(USER)).toMatchObject({ actorKind: 'user', actorId: 'u1', actorName: 'ann' });
    const byEmail = { ...USER, username: null, email: 'ann@example.org' };
    expect(event(byEmail)).toMatchObject({ actorId: 'u1', actorName: 'ann@example.org' });
  });

  it('refuses a detail that the action does not name', () => {
    const user = { count: 2, passwordHash: '$argon2id$…' };
    expect(() => auditEvent(BY_NOBODY, { action: 'password.changed', details: user })).toThrow(
      'password.changed may not carry the detail passwordHash',
    );
  });

  it('cuts long details short', () => {
    const fields = Array.from({ length: 60 }, () => 'x'.repeat(1000));
    const { details } = auditEvent(BY_NOBODY, { action: 'user.updated', details: { fields } });
    expect(JSON.parse(details)).toEqual({ fields: Array(50).fill('x'.repeat(256)) });
  });
});

describe('hashEvent', () => {
  const event = {
    ...auditEvent(BY_NOBODY, { action: 'auth.logout' }),
    id: 'e1',
    sequence: 1,
    previousHash: '',
  };

  it('stays what it is: stored chains depend on it', () => {
    expect(hashEvent(event)).toBe('PSPgjtyfVX12cynBzBPVDCe55c6zsvCSwNr6N9TVV_A');
  });

  it('tells fields apart that hold the same text', () => {
    const texts = Object.keys(event).filter((name) => !['at', 'sequence'].includes(name));
    const hashes = texts.flatMap((name) => [
      hashEvent({ ...event, [name]: 'a","b' }),
      hashEvent({ ...event, [name]: null }),
    ]);
    const untouched = texts.filter((name) => event[name as keyof typeof event] === null).length;
    expect(new Set(hashes).size).toBe(hashes.length - untouched + 1);
  });
});

it('describes every action in a sentence', () => {
  for (const [name, { description }] of Object.entries(AUDIT_ACTIONS)) {
    expect(name).toMatch(/^[a-z_]+\.[a-z_]+$/);
    expect(description, name).toMatch(/^[A-Z].*\.$/);
  }
});

async function openAt(databaseUrl: string): Promise<Database> {
  const db = await connect({ databaseUrl });
  undo.push(() => db.close());
  return db;
}
