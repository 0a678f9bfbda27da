import type { Database } from '../../db/database.ts';
import { CHAIN_START, hashEvent } from './chain.ts';
import {
  type AuditEventRow,
  type AuditHeadRow,
  findAuditHead,
  findLastSequence,
  listAuditEvents,
} from './store.ts';

/** Where the chain does not hold, from the first to the last place that is concerned. */
interface AuditFault {
  /**
   * `changed`: what is there is not what was written; `missing`: a place inside the chain is empty;
   * `truncated`: its end is gone; `unrecorded`: rows lie behind the end that the head knows.
   */
  readonly kind: 'changed' | 'missing' | 'truncated' | 'unrecorded';
  readonly from: number;
  readonly to: number;
}

export interface AuditVerification {
  /** How many events were read. */
  readonly checked: number;
  /** The last event that retention took away: what was read begins behind it; 0 where none went. */
  readonly prunedTo: number;
  /** The place of the last event as the head has it; 0 where there is none. */
  readonly end: number;
  readonly endHash: string;
  readonly faults: readonly AuditFault[];
}

/** Called after every batch with the place that was reached and the last one. */
export type AuditProgress = (reached: number, end: number) => void;

const BATCH = 1000;
const MAX_FAULTS = 100;
const NO_HEAD: AuditHeadRow = {
  sequence: 0,
  hash: CHAIN_START,
  prunedTo: 0,
  prunedToHash: CHAIN_START,
};

/**
 * Reads the whole chain and answers where it was tampered with; it may grow meanwhile. After 100 faults
 * it stops. Whoever can write every row and the head can forge a chain that holds: keep `end` and
 * `endHash` elsewhere and compare.
 */
export async function verifyAuditChain(
  db: Database,
  onProgress: AuditProgress = () => undefined,
): Promise<AuditVerification> {
  const head = (await findAuditHead(db)) ?? NO_HEAD;
  const faults: AuditFault[] = [];
  let last: Link = { sequence: head.prunedTo, hash: head.prunedToHash };
  let checked = 0;

  while (last.sequence < head.sequence && faults.length < MAX_FAULTS) {
    const rows = await listAuditEvents(db, { after: last.sequence, limit: BATCH });
    const known = rows.filter((row) => row.sequence <= head.sequence);
    for (const row of known) {
      faults.push(...faultsAt(row, last));
      last = row;
    }
    checked += known.length;
    if (known.length < BATCH) break;
    onProgress(last.sequence, head.sequence);
  }

  if (faults.length < MAX_FAULTS) faults.push(...faultsAtEnd(last, head), ...(await beyond(db)));
  onProgress(last.sequence, head.sequence);
  // What retention took away in the meantime looks as if somebody had removed it.
  const isPruned = ((await findAuditHead(db))?.prunedTo ?? 0) > head.prunedTo;
  if (faults.length > 0 && isPruned) return verifyAuditChain(db, onProgress);
  const { prunedTo } = head;
  return { checked, prunedTo, end: head.sequence, endHash: head.hash, faults: merge(faults) };
}

type Link = Pick<AuditEventRow, 'sequence' | 'hash'>;

function faultsAt(row: AuditEventRow, before: Link): readonly AuditFault[] {
  const faults: AuditFault[] = [];
  const expected = before.sequence + 1;
  if (row.sequence > expected) {
    faults.push({ kind: 'missing', from: expected, to: row.sequence - 1 });
  }
  if (hashEvent(row) !== row.hash) return [...faults, changed(row.sequence)];
  // The row is whole, so what it says of the one before is what was written.
  const isNext = row.sequence === expected;
  if (isNext && row.previousHash !== before.hash)
    faults.push(changed(Math.max(1, before.sequence)));
  return faults;
}

function faultsAtEnd(last: Link, head: AuditHeadRow): readonly AuditFault[] {
  if (last.sequence < head.sequence) {
    return [{ kind: 'truncated', from: last.sequence + 1, to: head.sequence }];
  }
  return last.hash === head.hash ? [] : [changed(last.sequence)];
}

/** The rows are read before the head, which may only grow: an event that is being added is no fault. */
async function beyond(db: Database): Promise<readonly AuditFault[]> {
  const end = await findLastSequence(db);
  const head = (await findAuditHead(db)) ?? NO_HEAD;
  if (end <= head.sequence) return [];
  return [{ kind: 'unrecorded', from: head.sequence + 1, to: end }];
}

function changed(sequence: number): AuditFault {
  return { kind: 'changed', from: sequence, to: sequence };
}

/** Joins what lies side by side, and says once what both a row and its follower show. */
function merge(faults: readonly AuditFault[]): readonly AuditFault[] {
  const merged: AuditFault[] = [];
  for (const fault of faults) {
    const last = merged.at(-1);
    if (last?.kind !== fault.kind || fault.from > last.to + 1) merged.push(fault);
    else merged[merged.length - 1] = { ...last, to: Math.max(last.to, fault.to) };
  }
  return merged;
}
