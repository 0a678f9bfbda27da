import { addSeconds } from '../../adapters/clock.ts';
import type { Context } from '../../core/context.ts';
import { foldName } from '../users/rules.ts';
import type { MailKind } from '../../core/mail.ts';

/** A budget counts for so long from its first mail on. */
export const BUDGET_SECONDS = 3600;
/** How long the count of gathered mails is kept: longer than a mail waits for its server. */
const KEEP_COUNT_SECONDS = 4 * 86_400;

/**
 * The mails that prove an address, or invite its reader to. All others are notices, which go to proven
 * addresses alone: a new kind of mail is a notice unless it stands here.
 */
const PROOFS: ReadonlySet<MailKind> = new Set([
  'emailCode',
  'newEmailCode',
  'passwordResetLink',
  'tenantInvitation',
]);

/** Whether a mail may go to an address that nobody has proven. */
export function isProof(kind: MailKind): boolean {
  return PROOFS.has(kind);
}

/** So many mails within an hour. */
export interface Budget {
  readonly key: string;
  readonly limit: number;
}

type BudgetContext = Pick<Context, 'keyedHashes' | 'actor'> & {
  readonly config: Pick<Context['config'], 'mailPerAccount' | 'mailPerAddress'>;
};

/**
 * What a mail to an unproven address counts against: the account that asks for it, and the address. The
 * address has a budget for each kind, so that a flood of one kind holds up no other.
 */
export function budgetsOf(
  { keyedHashes: [hash], config, actor }: BudgetContext,
  { kind, address }: { readonly kind: MailKind; readonly address: string },
): readonly Budget[] {
  const account = actor.kind === 'user' || actor.kind === 'apiKey' ? actor.user.id : undefined;
  const toAddress = {
    key: hash('mail to address', kind, foldName(address)),
    limit: config.mailPerAddress,
  };
  if (account === undefined) return [toAddress];
  return [{ key: hash('mail by account', account), limit: config.mailPerAccount }, toAddress];
}

/**
 * What the whole installation sends. One kind has half of it at most, so that a flood of one kind, whoever
 * causes it, does not hold up the others.
 */
export function totalBudgets(kind: string, limit: number): readonly [Budget, Budget] {
  return [
    { key: `mail total ${kind}`, limit: Math.ceil(limit / 2) },
    { key: 'mail total', limit },
  ];
}

/** The stretch of time in which notices of one kind to one address are gathered. */
export interface Gathering {
  /** Of the count of its notices, and of the mail that stands for all but the first. */
  readonly key: string;
  readonly endsAt: Date;
  /** Until when the count is kept. */
  readonly keptUntil: Date;
}

export function gatheringOf(
  {
    keyedHashes: [hash],
    config: { mailGatherSeconds: seconds },
    clock,
  }: Pick<Context, 'keyedHashes' | 'clock'> & {
    readonly config: Pick<Context['config'], 'mailGatherSeconds'>;
  },
  { kind, address }: { readonly kind: MailKind; readonly address: string },
): Gathering {
  const number = Math.floor(clock.now().getTime() / 1000 / seconds);
  const endsAt = new Date((number + 1) * seconds * 1000);
  return {
    key: hash('mail gathered', kind, foldName(address), `${seconds}`, `${number}`),
    endsAt,
    keptUntil: addSeconds(endsAt, KEEP_COUNT_SECONDS),
  };
}
