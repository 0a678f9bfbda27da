import { setTimeout as sleep } from 'node:timers/promises';
import { addSeconds } from '../../adapters/clock.ts';
import type { Services } from '../../core/services.ts';
import { CLEAN_UP_RULES, type CleanUpRule } from './rules.ts';

/** Small, for whoever wants one of its rows, or to append to the audit, waits for a batch. */
const BATCH = 200;
/** Others have their turn between two batches: SQLite has one writer. */
const PAUSE_MS = 20;

export interface CleanUpOptions {
  /** Who does it, in the audit trail. */
  readonly by: string;
  /** Whether rules that are due now and then are kept to that. @default all of them are due */
  readonly onlyDue?: boolean;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal;
  /** Called after each batch. */
  readonly onRemoved?: (rule: CleanUpRule, rows: number) => void;
  /** Asked before each batch whether to go on. */
  readonly mayGoOn?: () => Promise<boolean>;
}

/**
 * Deletes what is over, in batches of a transaction each. Any number may do it at once. Returns whether it
 * came to the end.
 */
export async function cleanUp(services: Services, options: CleanUpOptions): Promise<boolean> {
  for (const rule of CLEAN_UP_RULES) {
    const before = overBefore(services, rule);
    if (!before || (options.onlyDue && (await rule.isDue?.(services)) === false)) continue;
    if (!(await removeAll(services, rule, before, options))) return false;
  }
  return giveSpaceBack(services, options);
}

/** How many rows `cleanUp` would delete, by rule; undefined where they are kept for ever. */
export async function countOver(
  services: Services,
): Promise<readonly (readonly [CleanUpRule, number | undefined])[]> {
  const counts: [CleanUpRule, number | undefined][] = [];
  for (const rule of CLEAN_UP_RULES) {
    const before = overBefore(services, rule);
    counts.push([rule, before && (await rule.count(services, before))]);
  }
  return counts;
}

function overBefore({ config, clock }: Services, rule: CleanUpRule): Date | undefined {
  const seconds = rule.keepSeconds(config);
  return seconds === undefined ? undefined : addSeconds(clock.now(), -seconds);
}

async function removeAll(
  services: Services,
  rule: CleanUpRule,
  before: Date,
  options: CleanUpOptions,
): Promise<boolean> {
  for (;;) {
    if (!(await goesOn(options))) return false;
    const rows = await rule.remove(services, { before, limit: BATCH, by: options.by });
    if (rows > 0) options.onRemoved?.(rule, rows);
    if (rows < BATCH) return true;
    await sleep(PAUSE_MS);
  }
}

/** Gives the pages that are free in a SQLite file back to the file system, as much at once as a batch takes. */
async function giveSpaceBack({ db }: Services, options: CleanUpOptions): Promise<boolean> {
  while (db.giveBack && (await db.giveBack()) > 0) {
    if (!(await goesOn(options))) return false;
    await sleep(PAUSE_MS);
  }
  return true;
}

async function goesOn({ signal, mayGoOn }: CleanUpOptions): Promise<boolean> {
  return !signal?.aborted && (await mayGoOn?.()) !== false;
}
