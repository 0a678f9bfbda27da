import { signedIn } from '../../core/actor.ts';
import type { ProjectPermission, Roles } from '../../access/policy.ts';
import { requireGrant } from '../../access/scopes.ts';
import { standingBy } from '../../access/standing.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { lockTenants } from '../tenants/store.ts';
import { findProjectWithRoles, type ProjectRow } from './store.ts';
import { findTenantOfProject } from '../../access/memberships-store.ts';

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
