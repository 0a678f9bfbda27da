import type { Context } from '../core/context.ts';
import { AppError } from '../core/errors.ts';
import { carries } from './api-keys.ts';
import { isFresh, reauthenticationRequired } from './fresh.ts';
import {
  grantsHere,
  type Permission,
  type Roles,
  roleGrants,
  type SystemPermission,
} from './policy.ts';
import { outranks, type ProjectRole, type SystemRole, type TenantRole } from '../core/roles.ts';

interface RoleOf {
  readonly system: SystemRole;
  readonly tenant: TenantRole;
  readonly project: ProjectRole;
}
type Axis = keyof RoleOf;

declare const GIVEN: unique symbol;

/** A role that was decided on here. The stores write no other: what gives a role has to ask. */
export type Given<R extends RoleOf[Axis]> = R & { readonly [GIVEN]: true };

/**
 * The role of each axis that comes with being there at all. Any other one is given and taken by a recent
 * sign-in, and by no API key.
 */
const LOWEST: RoleOf = { system: 'USER', tenant: 'MEMBER', project: 'VIEWER' };

/** A role that somebody gets or loses. */
export interface Gift<A extends Axis, R extends RoleOf[A] = RoleOf[A]> {
  readonly axis: A;
  readonly role: R;
  /** The one that it takes the place of. */
  readonly former?: RoleOf[A] | undefined;
  /** What lets somebody give it. */
  readonly permission: Permission;
}

export type GiverContext = Pick<Context, 'actor' | 'clock' | 'config' | 'signInMethods'>;

/**
 * Decides whether the caller gives or takes a role: by what they may, where the role stands to their own,
 * how recently they signed in, and what they showed for it.
 * @param held the caller's roles where it is given, as they are at this moment
 * @throws FORBIDDEN, REAUTHENTICATION_REQUIRED
 */
export function giveRole<A extends Axis, R extends RoleOf[A]>(
  ctx: GiverContext,
  gift: Gift<A, R>,
  held: Roles,
): Given<R> {
  if (ctx.actor.kind === 'system') return gift.role as Given<R>;
  if (!mayGive(ctx, gift, held)) {
    throw new AppError('FORBIDDEN', {
      required: gift.permission,
      message: 'You may not give or take a role above your own.',
    });
  }
  if (isRaised(gift) && !isFresh(ctx, 'session')) throw reauthenticationRequired(ctx);
  return gift.role as Given<R>;
}

/** Whether the caller may give a role at all, however long ago they signed in. */
export function mayGive<A extends Axis>(
  { actor, config }: GiverContext,
  gift: Gift<A>,
  held: Roles,
): boolean {
  if (actor.kind === 'system') return true;
  return carries(actor, gift.permission) && isWithin(config, gift, held);
}

/**
 * The role of an invitation, for whoever shows it: it was given when it was sent, and counts for as long
 * as the one who sent it could still give it.
 */
export function roleOfInvitation<R extends TenantRole>(
  { config }: Pick<Context, 'config'>,
  gift: Gift<'tenant', R>,
  inviter: Roles,
): Given<R> | undefined {
  return isWithin(config, gift, inviter) ? (gift.role as Given<R>) : undefined;
}

/** What gives a role that no caller chooses. */
type Rule =
  // A new account is that of a user, who owns what comes with it.
  | 'account'
  // The first user of all is a system administrator.
  | 'setup'
  // A project belongs to the user it is made for.
  | 'newProject'
  // What a user leaves behind goes to the next one in line.
  | 'succession';

/** A role by one of the rules, whoever calls. */
export function roleByRule<R extends RoleOf[Axis]>(_rule: Rule, role: R): Given<R> {
  return role as Given<R>;
}

function isRaised<A extends Axis>({ axis, role, former }: Gift<A>): boolean {
  return role !== LOWEST[axis] || (former !== undefined && former !== LOWEST[axis]);
}

function isWithin<A extends Axis>(
  config: Context['config'],
  { axis, role, former, permission }: Gift<A>,
  held: Roles,
): boolean {
  // A system role that carries the permission stands above all of them.
  if (roleGrants(held.system, permission as SystemPermission)) return true;
  if (axis === 'system' || !grantsHere(config, held).has(permission)) return false;
  if (axis === 'project') return true;
  const above = (one: RoleOf[A]) =>
    held.tenant === undefined || outranks(one as TenantRole, held.tenant);
  return !above(role) && (former === undefined || !above(former));
}
