import { change } from '../../core/change.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Services } from '../../core/services.ts';
import { systemContext } from '../../core/system-context.ts';
import { hashEvent } from './chain.ts';
import { deleteEventsTo, findLastEventAt, listAuditEvents, takeCheckpoint } from './store.ts';

const BATCH = 1000;
const DAY_MS = 86_400_000;

/**
 * Removes the events from the beginning of the chain that are older than `days`, a batch a transaction,
 * while others append. The hash of the last that went is kept, so that the rest can be verified, and
 * every batch is an event itself. Answers how many went.
 * @param by the name in the audit trail
 * @param onRemoved called after each batch with how many went so far
 * @throws OperatorError where the chain does not hold: nothing of the batch is removed
 */
export async function pruneAuditEvents(
  services: Services,
  { by, days, onRemoved }: PruneOptions,
): Promise<number> {
  const before = new Date(services.clock.now().getTime() - days * DAY_MS);
  let removed = 0;
  for (;;) {
    const count = await pruneAuditBatch(services, { by, before, limit: BATCH });
    removed += count;
    onRemoved?.(removed);
    if (count < BATCH) return removed;
  }
}

interface PruneOptions {
  readonly by: string;
  readonly days: number;
  readonly onRemoved?: (removed: number) => void;
}

/** Whether nothing of the audit was pruned within a day: each batch writes an event of its own. */
export async function isAuditPruneDue({
  db,
  clock,
}: Pick<Services, 'clock' | 'db'>): Promise<boolean> {
  const last = await findLastEventAt(db, 'audit.pruned');
  return !last || clock.now().getTime() - last.getTime() >= DAY_MS;
}

interface PruneBatch {
  readonly by: string;
  /** Older events are removed. */
  readonly before: Date;
  readonly limit: number;
}

/** The same for a batch in one transaction: those who append wait for it. */
export function pruneAuditBatch(
  services: Services,
  { by, before, limit }: PruneBatch,
): Promise<number> {
  return change(systemContext(services, by), async ({ tx, audit }) => {
    let last = await takeCheckpoint(tx);
    if (!last) return 0;
    const after = last.sequence;
    const rows = await listAuditEvents({ prisma: tx }, { after, limit: limit + 1 });
    for (const row of rows) {
      const follows = row.sequence === last.sequence + 1 && row.previousHash === last.hash;
      if (!follows || hashEvent(row) !== row.hash) {
        throw new OperatorError(
          `The chain does not hold at event ${row.sequence}: nothing more is removed. See audit verify.`,
        );
      }
      // The first that stays vouches for the last that goes.
      if (row.at >= before || row.sequence > after + limit) break;
      last = row;
    }
    const count = last.sequence - after;
    if (count === 0) return 0;
    await deleteEventsTo(tx, last);
    audit({ action: 'audit.pruned', details: { count } });
    return count;
  });
}
