import { signedIn } from '../../core/actor.ts';
import { forgetMemberships } from '../../access/memberships.ts';
import type { ProjectPermission, Roles } from '../../access/policy.ts';
import { requireGrant } from '../../access/scopes.ts';
import { standingBy } from '../../access/standing.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { AppError } from '../../core/errors.ts';
import type { NewAuditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { lockTenants } from '../tenants/store.ts';
import { findProjectWithRoles, findTenantOfProject, type ProjectRow } from './store.ts';

/** What was done in a transaction, for those who are to hear of it. */
export interface Change<T> {
  readonly answer: T;
  /** Absent where nothing changed. */
  readonly event?: NewAuditEvent;
  /** Whose memberships or default project changed. */
  readonly userIds?: readonly string[];
}

/** Does `work` in one transaction with its audit event, and tells of it after the commit. */
export async function commit<T>(ctx: Context, work: (tx: Tx) => Promise<Change<T>>): Promise<T> {
  const { answer, userIds = [] } = await transaction(ctx.db, async (tx) => {
    const change = await work(tx);
    if (change.event) await insertAuditEvent(ctx.db, tx, change.event);
    return change;
  });
  for (const userId of userIds) ctx.changes.publish({ kind: 'user', userId });
  forgetMemberships(ctx);
  return answer;
}

/**
 * Takes a project's tenant for this transaction, as whoever changes who is in what does first, and asks
 * again whether the caller may: they may have lost their role since the request began. Answers the roles
 * that they have.
 * @throws PROJECT_NOT_FOUND, FORBIDDEN
 */
export async function lockProject(
  ctx: Context,
  tx: Tx,
  projectId: string,
  required: ProjectPermission,
): Promise<{ readonly project: ProjectRow; readonly roles: Roles }> {
  const tenantId = await findTenantOfProject(tx, projectId);
  if (tenantId === undefined) throw new AppError('PROJECT_NOT_FOUND');
  await lockTenants(ctx.db, tx, [tenantId]);
  const found = await findProjectWithRoles(tx, projectId, signedIn(ctx.actor).user.id);
  const standing = found && standingBy(ctx, found.roles);
  if (!standing) throw new AppError('PROJECT_NOT_FOUND');
  requireGrant(standing, required);
  return { project: found.project, roles: standing.roles };
}
