import type { Config } from '../../config/config.ts';
import { countRows, deleteRows, type OldRows } from '../../db/old-rows.ts';
import type { Services } from '../../core/services.ts';
import { isAuditPruneDue, pruneAuditBatch } from '../audit/prune.ts';
import { oldEvents } from '../audit/store.ts';
import { expiredInvitations } from '../invitations/store.ts';
import { oldIssuers } from '../issuers/store.ts';
import { endedMails, unsentMails } from '../mail/store.ts';
import { expiredOneTimeTokens } from '../one-time-tokens/store.ts';
import { deadSessions, deleteDeadSessions, oldDevices } from '../sessions/clean-up-store.ts';
import { retiredKeys } from '../signing-keys/store.ts';
import { forgottenCounts } from '../throttles/store.ts';

interface CleanUpBatch {
  readonly before: Date;
  /** How many rows it may delete. */
  readonly limit: number;
  /** Who does it, in the audit trail. */
  readonly by: string;
}

/** A kind of row that is of no use once it is over. */
export interface CleanUpRule {
  /** In metrics and in what the command prints. */
  readonly name: string;
  /** From when on it is over. */
  readonly over: string;
  readonly kept: string;
  /** Why it is kept so long. */
  readonly why: string;
  /** How long it is kept then, in seconds; undefined for ever. */
  readonly keepSeconds: (config: Config) => number | undefined;
  /** Deletes a batch. Returns how many rows: fewer than the limit where nothing is left. */
  readonly remove: (services: Services, batch: CleanUpBatch) => Promise<number>;
  readonly count: (services: Services, before: Date) => Promise<number>;
  /** Whether the server does it in this round. @default in every round */
  readonly isDue?: (services: Services) => Promise<boolean>;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** How long any token lives at most, and the hour by which clocks may differ. */
function tokenSeconds({ accessTokenSeconds, refreshTokenSeconds }: Config): number {
  return Math.max(accessTokenSeconds, refreshTokenSeconds) + HOUR_SECONDS;
}

function plain(rows: (before: Date) => OldRows): Pick<CleanUpRule, 'remove' | 'count'> {
  return {
    remove: ({ db }, { before, limit }) => deleteRows(db, rows(before), limit),
    count: ({ db }, before) => countRows(db, rows(before)),
  };
}

/**
 * All that is deleted, in this order. What has no row here either stays (accounts and what belongs to them)
 * or is bounded by them: API keys and referrer tokens that are over go when their owner makes another one.
 */
export const CLEAN_UP_RULES: readonly CleanUpRule[] = [
  {
    name: 'sessions',
    over: 'ended or expired',
    kept: '`SESSION_RETENTION_DAYS` (30), at least as long as a refresh token lives',
    why: 'its tokens are answered as those of an ended session; support sees when it ended',
    keepSeconds: (config) =>
      Math.max(config.sessionRetentionDays * DAY_SECONDS, tokenSeconds(config)),
    remove: ({ db }, { before, limit }) => deleteDeadSessions(db, before, limit),
    count: ({ db }, before) => countRows(db, deadSessions(before)),
  },
  {
    name: 'known_devices',
    over: 'the last sign-in from there',
    kept: '`DEVICE_RETENTION_DAYS` (365)',
    why: 'a sign-in from there is not told by mail as that of a new device',
    keepSeconds: ({ deviceRetentionDays }) => deviceRetentionDays * DAY_SECONDS,
    ...plain(oldDevices),
  },
  {
    name: 'one_time_tokens',
    over: 'run out, used or not',
    kept: 'a day',
    why: 'a late attempt still counts against its account',
    keepSeconds: () => DAY_SECONDS,
    ...plain(expiredOneTimeTokens),
  },
  {
    name: 'invitations',
    over: 'run out',
    kept: 'a day',
    why: 'nothing needs them; they hold the addresses of strangers',
    keepSeconds: () => DAY_SECONDS,
    ...plain(expiredInvitations),
  },
  {
    name: 'mails',
    over: 'written, and sent or given up since',
    kept: '`MAIL_RETENTION_DAYS` (30)',
    why: 'support sees whether a mail went out',
    keepSeconds: ({ mailRetentionDays }) => mailRetentionDays * DAY_SECONDS,
    ...plain(endedMails),
  },
  {
    name: 'unsent_mails',
    over: 'written, and not sent since, as without a mail server',
    kept: '`MAIL_RETENTION_DAYS` (30)',
    why: 'no link or code in it works any more, and a notice is too late',
    keepSeconds: ({ mailRetentionDays }) => mailRetentionDays * DAY_SECONDS,
    ...plain(unsentMails),
  },
  {
    name: 'throttles',
    over: 'the moment at which the count is forgotten; counts of mails too',
    kept: 'not at all',
    why: 'a forgotten count counts for nothing',
    keepSeconds: () => 0,
    ...plain(forgottenCounts),
  },
  {
    name: 'signing_keys',
    over: 'retired',
    kept: 'as long as a token lives, and an hour',
    why: 'tokens that it signed are verified by it',
    keepSeconds: tokenSeconds,
    ...plain(retiredKeys),
  },
  {
    name: 'issuers',
    over: 'the last sign of life of a process with that `PUBLIC_URL`',
    kept: 'a day',
    why: '`doctor` compares those of running processes',
    keepSeconds: () => DAY_SECONDS,
    ...plain(oldIssuers),
  },
  {
    name: 'audit_events',
    over: 'written',
    kept: '`AUDIT_RETENTION_DAYS` (0: for ever)',
    why: 'it is for the operator to say how long they must be kept, and how long they may',
    keepSeconds: ({ auditRetentionDays: days }) => (days === 0 ? undefined : days * DAY_SECONDS),
    remove: (services, batch) => pruneAuditBatch(services, batch),
    count: ({ db }, before) => countRows(db, oldEvents(before)),
    isDue: isAuditPruneDue,
  },
];
