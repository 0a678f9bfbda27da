import type { Actor } from './actor.ts';
import type { Clock } from '../adapters/clock.ts';
import type { Random } from '../adapters/random.ts';
import type { Tx } from '../db/database.ts';
import type { AuditAction, DetailsOf } from './audit-actions.ts';
import type { RequestInfo } from './request.ts';

/** Who did it, under the name they had at the time. */
export interface AuditActor {
  readonly kind: 'anonymous' | 'user' | 'apiKey' | 'system' | 'open';
  readonly id?: string;
  readonly name?: string;
}

/** `denied`: who asked may not; `failure`: it did not work out. */
export const AUDIT_OUTCOMES = ['success', 'failure', 'denied'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** What an operation says of an event; who, when and from where is known of its request. */
export interface AuditEntry<A extends AuditAction> {
  readonly action: A;
  /** @default success */
  readonly outcome?: AuditOutcome;
  readonly target?: { readonly type: string; readonly id: string };
  /** Where it is not whoever calls: a sign-in begins with nobody. */
  readonly actor?: AuditActor;
  /** Where it is not the session that calls. */
  readonly sessionId?: string;
  readonly details?: DetailsOf<A>;
}

/** What an event takes from its surroundings. */
export interface AuditContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly actor: Actor;
  readonly request: RequestInfo;
}

/** The audit log, as the core writes to it. */
export interface AuditLog {
  /** Appends events in the transaction of the change that they record. `change` alone calls it. */
  readonly append: (
    ctx: AuditContext,
    tx: Tx,
    entries: readonly AuditEntry<AuditAction>[],
  ) => Promise<void>;
  /**
   * Records that a known caller was refused for want of a right: once a minute for each caller and each
   * operation, so that no caller fills the table by asking. The request does not wait for it.
   * @param error what they were refused with; anything but FORBIDDEN is passed over
   */
  readonly denied: (ctx: AuditContext, operation: string, error: unknown) => void;
}
