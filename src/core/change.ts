import type { ChangeMessage } from './changes.ts';
import type { Context } from './context.ts';
import type { Tx } from '../db/database.ts';
import { transaction } from '../db/transaction.ts';
import type { AuditAction } from './audit-actions.ts';
import type { AuditEntry } from './audit.ts';
import type { InsertMail, MailEntry, MailKind } from './mail.ts';

/** A session that a change has ended. */
interface EndedSession {
  readonly id: string;
  readonly userId: string;
}

/** What a change may write, and what becomes known of it after the commit. */
export interface Change {
  readonly tx: Tx;
  /** Records an audit event. The events are appended in the order of the calls, just before the commit. */
  readonly audit: <A extends AuditAction>(entry: AuditEntry<A>) => void;
  /**
   * Queues a mail in the transaction; the sender is woken after the commit.
   * @param insert puts a mail that proves an address into the outbox. @default `insertMail`
   * @returns whether there is a mail: the recipient has an address, and no budget is used up
   */
  readonly mail: <K extends MailKind>(entry: MailEntry<K>, insert?: InsertMail) => Promise<boolean>;
  /** Publishes, after the commit, that these sessions have ended. */
  readonly ended: (sessions: readonly EndedSession[]) => void;
  /** Publishes a message after the commit. Messages and ended sessions go out in the order of the calls. */
  readonly publish: (message: ChangeMessage) => void;
}

/**
 * Runs `work` in one transaction. Every operation that writes in a transaction goes through here: the audit
 * events are appended last, because from then on to the commit all other appending transactions wait; after
 * the commit the messages are published, the mail sender is woken and the caller's memberships are read
 * anew. If `work` throws, nothing is written, published or sent. If the database aborts the transaction in
 * favour of another, `work` runs again and what it recorded before is dropped.
 * @returns what `work` answers
 */
export async function change<T>(ctx: Context, work: (change: Change) => Promise<T>): Promise<T> {
  const done = await transaction(ctx.db, async (tx) => {
    const { writes, collected } = collect(ctx, tx);
    const answer = await work(writes);
    await ctx.auditLog.append(ctx, tx, collected.entries);
    return { answer, collected };
  });
  const { messages, hasMail } = done.collected;
  ctx.memberships.forget();
  for (const message of messages) ctx.changes.publish(message);
  if (hasMail) ctx.mail.wake();
  return done.answer;
}

/** What one attempt of a change has recorded so far. */
interface Collected {
  readonly entries: AuditEntry<AuditAction>[];
  readonly messages: ChangeMessage[];
  hasMail: boolean;
}

function collect(ctx: Context, tx: Tx) {
  const collected: Collected = { entries: [], messages: [], hasMail: false };
  const { entries, messages } = collected;
  const writes: Change = {
    tx,
    audit: (entry) => void entries.push(entry),
    mail: async (entry, insert) => {
      const isQueued = await ctx.outbox.queue(ctx, tx, entry, insert);
      collected.hasMail ||= isQueued;
      return isQueued;
    },
    ended: (sessions) => {
      for (const { id: sessionId, userId } of sessions) {
        messages.push({ kind: 'session', sessionId, userId });
      }
    },
    publish: (message) => void messages.push(message),
  };
  return { writes, collected };
}
