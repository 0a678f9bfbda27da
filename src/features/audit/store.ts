import type { Database, Tx } from '../../db/client.ts';
import { type AuditEvent, type AuditHead, Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import { CHAIN_START, type ChainLink, hashContent, hashLink } from './chain.ts';
import { appendingOnServer, COLUMNS, values } from './direct-store.ts';
import type { NewAuditEvent } from './event.ts';

const HEAD_ID = 1;

/** An event in its place. */
export type AuditEventRow = Omit<AuditEvent, 'sequence'> & { readonly sequence: number };

export interface AuditHeadRow {
  /** The last event's place, and its hash. */
  readonly sequence: number;
  readonly hash: string;
  /** The last event that is no longer kept, and its hash. */
  readonly prunedTo: number;
  readonly prunedToHash: string;
}

/**
 * Appends an event to the chain in `tx`, the transaction of what it records: both are there or neither.
 * Call it last: from here to the commit everybody else who appends has to wait.
 */
export async function insertAuditEvent(db: Database, tx: Tx, event: NewAuditEvent): Promise<void> {
  if (db.provider === 'postgresql')
    await tx.$executeRaw(appendingOnServer(event, [], Prisma.sql`WHERE true`));
  else await append(tx, event);
}

async function append(tx: Tx, event: NewAuditEvent): Promise<void> {
  const link = await takeHead(tx);
  const hash = hashLink(link, hashContent(event));
  await tx.$executeRaw`
    INSERT INTO "AuditEvent" (${COLUMNS})
    VALUES (${link.sequence}, ${link.previousHash}, ${hash}, ${values(event)})`;
  await tx.$executeRaw`
    UPDATE "AuditHead" SET "hash" = ${hash}, "previousHash" = ${link.previousHash}
    WHERE "id" = ${HEAD_ID}`;
}

/** The next place, which nobody else gets: the row stays locked until the transaction ends. */
async function takeHead(tx: Tx): Promise<ChainLink> {
  const [head] = await tx.$queryRaw<{ sequence: bigint | number; hash: string }[]>`
    INSERT INTO "AuditHead" AS head ("id", "sequence", "hash", "previousHash")
    VALUES (${HEAD_ID}, 1, ${CHAIN_START}, ${CHAIN_START})
    ON CONFLICT ("id") DO UPDATE SET "sequence" = head."sequence" + 1
    RETURNING "sequence", "hash"`;
  if (!head) throw new Error('the head of the audit chain cannot be taken');
  return { sequence: readNumber(head.sequence), previousHash: head.hash };
}

/** The end of the chain; undefined before the first event. */
export async function findAuditHead(db: Database): Promise<AuditHeadRow | undefined> {
  const head = await db.prisma.auditHead.findUnique({ where: { id: HEAD_ID } });
  return head ? toHead(head) : undefined;
}

/** Events in the order of the chain. */
export async function listAuditEvents(
  db: Database,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly AuditEventRow[]> {
  const rows = await db.prisma.auditEvent.findMany({
    where: { sequence: { gt: range.after } },
    orderBy: { sequence: 'asc' },
    take: range.limit,
  });
  return rows.map((row) => ({ ...row, sequence: readNumber(row.sequence) }));
}

/** The place of the last row, whatever the head says; 0 where there is none. */
export async function findLastSequence(db: Database): Promise<number> {
  const last = await db.prisma.auditEvent.findFirst({
    orderBy: { sequence: 'desc' },
    select: { sequence: true },
  });
  return readNumber(last?.sequence ?? 0);
}

function toHead(head: AuditHead): AuditHeadRow {
  const { sequence, hash, prunedTo, prunedToHash } = head;
  return { sequence: readNumber(sequence), hash, prunedTo: readNumber(prunedTo), prunedToHash };
}
