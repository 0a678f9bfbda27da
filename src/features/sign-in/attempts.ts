import type { Context } from '../../core/context.ts';
import { AppError, type ErrorCode, isGeneric } from '../../core/errors.ts';
import { recordAuditEvent } from '../audit/record.ts';
import type { Attempt } from './method.ts';

/** The audit events of an attempt, whichever methods it shows. */
export const ATTEMPTS = {
  signIn: { succeeded: 'auth.login', failed: 'auth.login_failed' },
  stepUp: { succeeded: 'auth.reauthenticated', failed: 'auth.reauthentication_failed' },
} as const satisfies Record<Attempt, unknown>;

/**
 * Audits a failed attempt.
 * @param userId the account, where there is one that the caller does not name already
 */
export async function recordFailure(
  ctx: Context,
  attempt: Attempt,
  { reason, userId }: { readonly reason: ErrorCode; readonly userId?: string | undefined },
): Promise<void> {
  await recordAuditEvent(ctx, {
    action: ATTEMPTS[attempt].failed,
    outcome: 'failure',
    ...(userId !== undefined && { target: { type: 'user', id: userId } }),
    details: { reason },
  });
}

/** The same for an error that was thrown; a generic one says nothing of the answer and is not audited. */
export async function recordFailureOf(
  ctx: Context,
  attempt: Attempt,
  { error, userId }: { readonly error: unknown; readonly userId?: string | undefined },
): Promise<void> {
  if (!(error instanceof AppError) || isGeneric(error.code)) return;
  await recordFailure(ctx, attempt, { reason: error.code, userId });
}
