import type { Database, Tx } from '../../db/database.ts';
import { type AuditEvent, type AuditHead, Prisma } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import { readNumber } from '../../db/sql.ts';
import type { AuditAction } from '../../core/audit-actions.ts';

const HEAD_ID = 1;

/** An event in its place. */
export type AuditEventRow = Omit<AuditEvent, 'sequence'> & { readonly sequence: number };

/** A place in the chain, and the hash of the event there. */
interface ChainEnd {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditHeadRow {
  /** The last event's place, and its hash. */
  readonly sequence: number;
  readonly hash: string;
  /** The last event that is no longer kept, and its hash. */
  readonly prunedTo: number;
  readonly prunedToHash: string;
}

/** The end of the chain; undefined before the first event. */
export async function findAuditHead(db: Database): Promise<AuditHeadRow | undefined> {
  const head = await db.prisma.auditHead.findUnique({ where: { id: HEAD_ID } });
  return head ? toHead(head) : undefined;
}

/** Events in the order of the chain. */
export async function listAuditEvents(
  { prisma }: { readonly prisma: Tx },
  range: { readonly after: number; readonly limit: number },
): Promise<readonly AuditEventRow[]> {
  const rows = await prisma.auditEvent.findMany({
    where: { sequence: { gt: range.after } },
    orderBy: { sequence: 'asc' },
    take: range.limit,
  });
  return rows.map((row) => ({ ...row, sequence: readNumber(row.sequence) }));
}

/** Where the chain that is kept begins. Nobody appends and nobody else prunes until `tx` ends. */
export async function takeCheckpoint(tx: Tx): Promise<ChainEnd | undefined> {
  const [head] = await tx.$queryRaw<{ prunedTo: bigint | number; prunedToHash: string }[]>`
    UPDATE "AuditHead" SET "prunedTo" = "prunedTo" WHERE "id" = ${HEAD_ID}
    RETURNING "prunedTo", "prunedToHash"`;
  return head && { sequence: readNumber(head.prunedTo), hash: head.prunedToHash };
}

/** Removes the events up to one, and begins the chain behind it from now on. */
export async function deleteEventsTo(tx: Tx, { sequence, hash }: ChainEnd): Promise<void> {
  await tx.auditEvent.deleteMany({ where: { sequence: { lte: sequence } } });
  const data = { prunedTo: sequence, prunedToHash: hash };
  await tx.auditHead.update({ where: { id: HEAD_ID }, data });
}

/** The place of the last row, whatever the head says; 0 where there is none. */
export async function findLastSequence(db: Database): Promise<number> {
  const last = await db.prisma.auditEvent.findFirst({
    orderBy: { sequence: 'desc' },
    select: { sequence: true },
  });
  return readNumber(last?.sequence ?? 0);
}

/** When something was last audited. */
export async function findLastEventAt(
  db: Database,
  action: AuditAction,
): Promise<Date | undefined> {
  const orderBy = [{ at: 'desc' as const }, { id: 'desc' as const }];
  const last = await db.prisma.auditEvent.findFirst({
    where: { action },
    orderBy,
    select: { at: true },
  });
  return last?.at;
}

/** Events from before a moment; they go by `pruneAuditBatch` alone, which keeps the chain whole. */
export function oldEvents(before: Date): OldRows {
  return { table: 'AuditEvent', where: Prisma.sql`"at" < ${before}`, order: 'at' };
}

function toHead(head: AuditHead): AuditHeadRow {
  const { sequence, hash, prunedTo, prunedToHash } = head;
  return { sequence: readNumber(sequence), hash, prunedTo: readNumber(prunedTo), prunedToHash };
}
