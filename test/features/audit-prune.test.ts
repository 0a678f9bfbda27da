import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { pruneAuditEvents } from '../../src/features/audit/prune.ts';
import { listAuditEvents } from '../../src/features/audit/store.ts';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { append, AT, forge, writeChain } from '../support/audit.ts';
import { providers } from '../support/database.ts';

const DAY_MS = 86_400_000;
const clock = { now: () => new Date(AT.getTime() + 10 * DAY_MS) };

describe.each(providers)('pruneAuditEvents on %s', (provider) => {
  let app: TestApp;
  let db: Database;

  beforeAll(async () => {
    app = await startApp({ provider });
    ({ db } = app.services);
  });
  beforeEach(async () => {
    await db.prisma.auditEvent.deleteMany();
    await db.prisma.auditHead.deleteMany();
  });
  afterAll(() => app.close());

  const prune = (days: number, onRemoved?: (count: number) => void) =>
    pruneAuditEvents(
      { ...app.services, clock },
      { by: 'test', days, ...(onRemoved && { onRemoved }) },
    );

  it('removes nothing that is not old, and nothing where nothing ever happened', async () => {
    expect(await prune(9)).toBe(0);
    await writeChain(db, 9);
    expect(await prune(10)).toBe(0);
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 9, prunedTo: 0, faults: [] });
  });

  it('removes what is old batch by batch, writes that down, and leaves a chain that holds', async () => {
    await writeChain(db, 1100);
    const told: number[] = [];
    expect(await prune(9, (count) => told.push(count))).toBe(1100);
    expect(told).toEqual([1000, 1100]);
    expect(await verifyAuditChain(db)).toMatchObject({ checked: 2, prunedTo: 1100, faults: [] });
    const left = await listAuditEvents(db, { after: 0, limit: 10 });
    expect(left.map(({ action, details }) => [action, details])).toEqual([
      ['audit.pruned', '{"count":1000}'],
      ['audit.pruned', '{"count":100}'],
    ]);
  });

  it('removes nothing of a chain that does not hold', async () => {
    await writeChain(db, 9);
    await forge(db, 4);
    await expect(prune(9)).rejects.toThrow('does not hold at event 5');
    expect(await db.prisma.auditEvent.count()).toBe(9);
  });

  it('goes on beside a hundred who append and others who prune and verify', async () => {
    await writeChain(db, 1100);
    const adding = Array.from({ length: 100 }, () => append(db, { action: 'auth.login' }));
    const pruning = [prune(9), prune(9)];
    for (let i = 0; i < 3; i++) expect((await verifyAuditChain(db)).faults).toEqual([]);
    await Promise.all(adding);
    const removed = await Promise.all(pruning);
    const { checked, prunedTo, end, faults } = await verifyAuditChain(db);
    expect(faults).toEqual([]);
    expect(prunedTo).toBe((removed[0] ?? 0) + (removed[1] ?? 0));
    expect(prunedTo).toBeGreaterThanOrEqual(1100);
    expect(checked).toBe(end - prunedTo);
  });
});
