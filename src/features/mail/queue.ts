import type { InsertMail, MailEntry, MailKind, MailQueueContext } from '../../core/mail.ts';
import type { Tx } from '../../db/database.ts';
import { type Budget, budgetsOf, gatheringOf, isProof } from './budget.ts';
import { claimBudget } from './budget-store.ts';
import { composeMail } from './compose.ts';
import { type NoticePlan, queueNotice } from './notice-store.ts';
import { insertMail } from './store.ts';

/**
 * Puts a mail into the outbox, in the transaction of what it tells of: the `outbox` of the services, which
 * `change` calls. The only way to do so, apart from `planNotice`. A notice goes to a proven address alone
 * and is gathered with others of its kind; a mail that proves an address is left out once a budget is used
 * up. Returns whether there is a mail.
 * @param insert puts a mail that proves an address into the outbox. @default `insertMail`
 */
export async function queueMail<K extends MailKind>(
  ctx: MailQueueContext,
  tx: Tx,
  entry: MailEntry<K>,
  insert: InsertMail = (mail) => insertMail(tx, mail),
): Promise<boolean> {
  if (!isProof(entry.kind)) return queueNotice(tx, planNotice(ctx, entry));
  const { kind, to } = entry;
  if (to.email === null) return false;
  const isWithin = await claimAll(tx, budgetsOf(ctx, { kind, address: to.email }), ctx.clock.now());
  if (!isWithin) {
    ctx.mail.suppressed(kind);
    return false;
  }
  const mail = composeMail(ctx, entry);
  await insert(mail);
  return mail !== undefined;
}

async function claimAll(tx: Tx, budgets: readonly Budget[], now: Date): Promise<boolean> {
  for (const budget of budgets) if (await claimBudget(tx, budget, now)) return false;
  return true;
}

/** Plans a notice; undefined where the person has no proven address. */
export function planNotice<K extends MailKind>(
  ctx: MailQueueContext,
  entry: MailEntry<K>,
): NoticePlan | undefined {
  const { email, emailVerifiedAt } = entry.to;
  if (email === null || emailVerifiedAt === null) return undefined;
  const gathering = gatheringOf(ctx, { kind: entry.kind, address: email });
  const { key, endsAt } = gathering;
  return {
    gathering,
    first: () => composeMail(ctx, entry, { id: `${key}.1` }),
    rest: () => composeMail(ctx, entry, { id: key, dueAt: endsAt }),
  };
}
