import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { listAuditEvents } from '../../src/features/audit/store.ts';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { append, AT, forge, writeChain } from '../support/audit.ts';
import { createTestDatabase, providers, type TestDatabase } from '../support/database.ts';

const NOTHING = { checked: 0, prunedTo: 0, end: 0, endHash: '', faults: [] };

describe.each(providers)('verifyAuditChain on %s', (provider) => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await createTestDatabase(provider);
    db = await connect({ databaseUrl: test.url });
  });

  afterEach(async () => {
    await db.prisma.auditEvent.deleteMany();
    await db.prisma.auditHead.deleteMany();
  });

  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  it('finds nothing wrong where nothing ever happened', async () => {
    expect(await verifyAuditChain(db)).toEqual(NOTHING);
  });

  it('finds nothing wrong with nine events', async () => {
    await writeChain(db, 9);
    const { hash: endHash } = await db.prisma.auditHead.findFirstOrThrow();
    expect(await verifyAuditChain(db)).toEqual({
      checked: 9,
      prunedTo: 0,
      end: 9,
      endHash,
      faults: [],
    });
  });

  it.each([
    ['an actor', { actorId: 'u2' }],
    ['a missing actor', { actorId: null }],
    ['a time by a millisecond', { at: new Date(AT.getTime() + 1) }],
    ['an outcome', { outcome: 'failure' }],
    ['details', { details: '{"count":4}' }],
    ['a hash', { hash: 'x'.repeat(43) }],
    ['the hash before', { previousHash: 'x'.repeat(43) }],
  ])('finds %s that was changed', async (_what, data) => {
    await writeChain(db, 9);
    await db.prisma.auditEvent.update({ where: { sequence: 4 }, data });
    expect((await verifyAuditChain(db)).faults).toEqual([{ kind: 'changed', from: 4, to: 4 }]);
  });

  it('finds a row that was changed and given a new hash', async () => {
    await writeChain(db, 9);
    await forge(db, 4);
    await forge(db, 9);
    expect((await verifyAuditChain(db)).faults).toEqual([
      { kind: 'changed', from: 4, to: 4 },
      { kind: 'changed', from: 9, to: 9 },
    ]);
  });

  it.each([
    ['the first row', [1]],
    ['a row', [5]],
    ['some rows', [5, 6, 7]],
  ])('finds %s removed', async (_what, sequences) => {
    await writeChain(db, 9);
    await db.prisma.auditEvent.deleteMany({ where: { sequence: { in: sequences } } });
    const [from, to] = [sequences[0], sequences.at(-1)];
    expect((await verifyAuditChain(db)).faults).toEqual([{ kind: 'missing', from, to }]);
  });

  it('finds the end cut off', async () => {
    await writeChain(db, 9);
    await db.prisma.auditEvent.deleteMany({ where: { sequence: { gt: 7 } } });
    expect((await verifyAuditChain(db)).faults).toEqual([{ kind: 'truncated', from: 8, to: 9 }]);
    await db.prisma.auditEvent.deleteMany();
    expect((await verifyAuditChain(db)).faults).toEqual([{ kind: 'truncated', from: 1, to: 9 }]);
  });

  it('finds two rows that changed places', async () => {
    await writeChain(db, 9);
    for (const [sequence, to] of [
      [4, 100],
      [7, 4],
      [100, 7],
    ] as const) {
      await db.prisma.auditEvent.update({ where: { sequence }, data: { sequence: to } });
    }
    expect((await verifyAuditChain(db)).faults).toEqual([
      { kind: 'changed', from: 4, to: 4 },
      { kind: 'changed', from: 7, to: 7 },
    ]);
  });

  it('finds a head that was turned back, and one that is gone', async () => {
    await writeChain(db, 9);
    const [, , , fourth] = await listAuditEvents(db, { after: 0, limit: 4 });
    await db.prisma.auditHead.updateMany({ data: { sequence: 4, hash: fourth?.hash ?? '' } });
    const faults = [{ kind: 'unrecorded', from: 5, to: 9 }];
    expect((await verifyAuditChain(db)).faults).toEqual(faults);
    await db.prisma.auditHead.deleteMany();
    expect((await verifyAuditChain(db)).faults).toEqual([{ ...faults[0], from: 1 }]);
  });

  it('begins where retention ended', async () => {
    await writeChain(db, 9);
    const [, , third] = await listAuditEvents(db, { after: 0, limit: 3 });
    await db.prisma.auditEvent.deleteMany({ where: { sequence: { lte: 3 } } });
    await db.prisma.auditHead.updateMany({
      data: { prunedTo: 3, prunedToHash: third?.hash ?? '' },
    });
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 6, end: 9, faults: [] });
  });

  it('reads a long chain in batches and says how far it is', async () => {
    await writeChain(db, 2100);
    await db.prisma.auditEvent.delete({ where: { sequence: 1000 } });
    await forge(db, 2001);
    const reached: number[] = [];
    const verification = await verifyAuditChain(db, (to) => reached.push(to));
    expect(reached).toEqual([1001, 2001, 2100]);
    expect(verification).toMatchObject({
      checked: 2099,
      faults: [
        { kind: 'missing', from: 1000, to: 1000 },
        { kind: 'changed', from: 2001, to: 2001 },
      ],
    });
  });

  it('stops where there are too many faults to name', async () => {
    await writeChain(db, 1100);
    await db.prisma.auditEvent.updateMany({ data: { outcome: 'denied' } });
    const { checked, faults } = await verifyAuditChain(db);
    expect(checked).toBe(1000);
    expect(faults).toEqual([{ kind: 'changed', from: 1, to: 1000 }]);
  });

  it('holds while events are added', async () => {
    const adding = Array.from({ length: 20 }, () => append(db, { action: 'auth.logout' }));
    for (let i = 0; i < 5; i++) expect((await verifyAuditChain(db)).faults).toEqual([]);
    await Promise.all(adding);
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 20, faults: [] });
  });
});
