import { expect } from 'vitest';
import { ANONYMOUS } from '../../src/core/actor.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import type { Database } from '../../src/db/database.ts';
import { transaction } from '../../src/db/transaction.ts';
import type { AuditAction } from '../../src/core/audit-actions.ts';
import { CHAIN_START, hashEvent } from '../../src/features/audit/chain.ts';
import type { AuditContext, AuditEntry } from '../../src/core/audit.ts';
import { auditEvent } from '../../src/features/audit/event.ts';
import { insertAuditEvent } from '../../src/features/audit/append-store.ts';
import { listAuditEvents } from '../../src/features/audit/store.ts';
import type { TestApp } from './app.ts';
import { AUDIT_EVENTS } from './audit-documents.ts';

export const AT = new Date('2026-01-31T09:30:00.123Z');

/** A request of nobody we know. */
export const BY_NOBODY: AuditContext = {
  actor: ANONYMOUS,
  clock: { now: () => AT },
  random: systemRandom,
  request: { id: 'request-1', ipAddress: '192.0.2.7', userAgent: 'curl/8' },
};

/** Appends an event in a transaction of its own. */
export async function append<A extends AuditAction>(
  db: Database,
  entry: AuditEntry<A>,
): Promise<void> {
  const event = auditEvent(BY_NOBODY, entry);
  await transaction(db, (tx) => insertAuditEvent(db, tx, event));
}

/** Writes a chain of `length` events as if they had been appended one by one. */
export async function writeChain(db: Database, length: number): Promise<void> {
  let last = { sequence: 0, hash: CHAIN_START, previousHash: CHAIN_START };
  const rows = Array.from({ length }, (_, i) => {
    const actor = { kind: 'user', id: `u${i + 1}`, name: `user ${i + 1}` } as const;
    const event = auditEvent(BY_NOBODY, { action: 'auth.logout', actor });
    const link = { sequence: i + 1, previousHash: last.hash };
    last = { ...link, hash: hashEvent({ ...event, ...link }) };
    return { ...event, ...last };
  });
  await db.prisma.auditEvent.createMany({ data: rows });
  await db.prisma.auditHead.create({ data: { id: 1, ...last } });
}

/** Changes a row and hashes it anew, as somebody who knows the encoding would. */
export async function forge(db: Database, sequence: number): Promise<void> {
  const [row] = await listAuditEvents(db, { after: sequence - 1, limit: 1 });
  if (!row) throw new Error(`there is no event ${sequence}`);
  const forged = { ...row, actorId: 'somebody else' };
  const data = { actorId: forged.actorId, hash: hashEvent(forged) };
  await db.prisma.auditEvent.update({ where: { sequence }, data });
}

/** All audit events that the holder of the token may read, as JSON. */
export async function auditTrail(app: TestApp, token: string): Promise<string> {
  const pages: string[] = [];
  let after: string | null | undefined = null;
  do {
    const page: Awaited<ReturnType<typeof auditPage>> = await auditPage(app, token, after);
    pages.push(JSON.stringify(page.nodes));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after != null);
  return pages.join('\n');
}

async function auditPage(app: TestApp, token: string, after: string | null) {
  const { data, errors } = await app.graphql(AUDIT_EVENTS, { first: 100, after }, token);
  expect(errors).toEqual([]);
  return data.auditEvents;
}
