import { AppError } from '../core/errors.ts';
import type { Context } from '../core/context.ts';
import { type Actor, systemRoleOf } from '../core/actor.ts';
import { carries, isLetIn, type KeyReach } from './api-keys.ts';
import { type Freshness, requireFresh } from './fresh.ts';
import { membershipsOf } from './memberships.ts';
import {
  grantsHere,
  type ProjectPermission,
  roleGrants,
  type SystemPermission,
  type TenantPermission,
} from './policy.ts';
import { findProjectStanding, findTenantStanding, type Standing } from './standing.ts';

/**
 * What a caller must satisfy: one of these, and `fresh` on top of it where it is asked for. The same
 * value guards the operation and, through Pothos scope-auth, the fields that offer it.
 */
export interface Scopes {
  /** Anyone, signed in or not. */
  readonly public?: true;
  /** The operator, by a command at the machine. No door lets another caller be that. */
  readonly operator?: true;
  /** A signed-in person; an API key only where `apiKey` says so. What is done to what is their own
   * refuses whoever is nobody. */
  readonly authenticated?: true;
  /** With `authenticated`: which API keys may as well. Where a permission is asked for, that decides. */
  readonly apiKey?: KeyReach;
  /** Something that the caller's system role allows. */
  readonly permission?: SystemPermission;
  /**
   * Something that the caller's roles allow in the tenant that the operation names as its target;
   * where it names none, in the whole installation.
   */
  readonly tenant?: TenantPermission;
  /**
   * Something that the caller's roles allow in one tenant at least, or in the whole installation. Whom
   * it reaches is for the operation to say.
   */
  readonly anywhere?: TenantPermission;
  /** Something that the caller's roles allow in the project that the operation names as its target. */
  readonly project?: ProjectPermission;
  /** A recent sign-in as well. */
  readonly fresh?: Freshness;
  /** What of it asks for a recent sign-in, where not all of it does: the operation looks at its input. */
  readonly freshFor?: string;
}

/** Whether a stranger is turned away before anything else is looked at. */
export function needsSignIn(scopes: Scopes): boolean {
  return scopes.public !== true;
}

/** Whether the actor's system role carries the permission. Nobody else's does. */
export function may(actor: Actor, permission: SystemPermission): boolean {
  if (actor.kind === 'anonymous') return false;
  return roleGrants(systemRoleOf(actor), permission) && carries(actor, permission);
}

/**
 * Refuses whoever does not satisfy the scopes; an empty set satisfies nobody. `target` is the tenant
 * or the project that the question is about. Whoever may not at all is told so first.
 * @throws FORBIDDEN; TENANT_NOT_FOUND or PROJECT_NOT_FOUND where the target is none of the caller's;
 * REAUTHENTICATION_REQUIRED
 */
export function authorize(
  ctx: Context,
  scopes: Scopes,
  target: string | undefined,
): Promise<void> | undefined {
  const pending = authorizeRoles(ctx, scopes, target);
  const { fresh } = scopes;
  if (fresh === undefined) return pending;
  if (pending) return pending.then(() => requireFresh(ctx, fresh));
  requireFresh(ctx, fresh);
  return undefined;
}

function authorizeRoles(
  ctx: Context,
  scopes: Scopes,
  target: string | undefined,
): Promise<void> | undefined {
  if (scopes.public) return undefined;
  if (scopes.operator) {
    if (ctx.actor.kind !== 'system') throw new AppError('FORBIDDEN');
    return undefined;
  }
  systemRoleOf(ctx.actor);
  if (scopes.project !== undefined) return authorizeInProject(ctx, scopes.project, target);
  if (scopes.anywhere !== undefined) return authorizeAnywhere(ctx, scopes.anywhere);
  if (scopes.tenant !== undefined && target !== undefined) {
    return authorizeInTenant(ctx, scopes.tenant, target);
  }
  const permission = scopes.permission ?? scopes.tenant;
  const granted =
    permission === undefined
      ? scopes.authenticated === true && isLetIn(ctx.actor, scopes.apiKey)
      : may(ctx.actor, permission);
  if (!granted) throw new AppError('FORBIDDEN', permission && { required: permission });
  return undefined;
}

async function authorizeAnywhere(ctx: Context, required: TenantPermission) {
  if (may(ctx.actor, required)) return;
  const { tenants } = await membershipsOf(ctx);
  const granted =
    carries(ctx.actor, required) &&
    [...tenants.values()].some((tenant) =>
      grantsHere(ctx.config, { system: 'USER', tenant }).has(required),
    );
  if (!granted) throw new AppError('FORBIDDEN', { required });
}

async function authorizeInTenant(ctx: Context, required: TenantPermission, tenantId: string) {
  const standing = await findTenantStanding(ctx, tenantId);
  if (!standing) throw new AppError('TENANT_NOT_FOUND');
  requireGrant(standing, required);
}

async function authorizeInProject(
  ctx: Context,
  required: ProjectPermission,
  projectId: string | undefined,
) {
  const standing = projectId === undefined ? undefined : await findProjectStanding(ctx, projectId);
  if (!standing) throw new AppError('PROJECT_NOT_FOUND');
  requireGrant(standing, required);
}

/** Refuses whoever's standing does not grant what is needed: FORBIDDEN, with what it was. */
export function requireGrant(
  { roles, grants }: Standing,
  required: TenantPermission | ProjectPermission,
): void {
  if (grants.has(required)) return;
  const isMember = ('project' in roles ? roles.project : roles.tenant) !== undefined;
  throw new AppError('FORBIDDEN', { required, isMember });
}
