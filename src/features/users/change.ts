import { callerId, systemRoleOf } from '../../core/actor.ts';
import { carries } from '../../access/api-keys.ts';
import { requireFresh } from '../../access/fresh.ts';
import { giveRole, roleByRule } from '../../access/giving.ts';
import { homeTenantOf } from '../../access/memberships.ts';
import type { SystemPermission, TenantPermission } from '../../access/policy.ts';
import type { SystemRole, TenantRole } from '../../core/roles.ts';
import { may } from '../../access/scopes.ts';
import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { revokeOtherSessions } from '../sessions/store.ts';
import { beginOpenAccount, turnOn } from '../setup/auth-state.ts';
import { requireSetupPass } from '../setup/token.ts';
import { requireAuthority } from '../tenants/authority.ts';
import { listTenantIds, lockTenants, takeTenant } from '../tenants/store.ts';
import { leaveEveryTenant } from '../tenants/succession.ts';
import { accountEntry, auditChange } from './account-events.ts';
import { noteDenial } from './denial.ts';
import { refuseLookalike } from './lookalike.ts';
import {
  type AccountChange,
  type AllowedChange,
  deleteAccount,
  findVisibleUser,
  isActiveAdmin,
  takeAccount,
  type TakenAccount,
  updateAccount,
} from './account-store.ts';
import {
  type AccountInput,
  ADMIN,
  isReservedName,
  mayGiveAdmin,
  newAccount,
  systemRoleFor,
} from './new-account.ts';
import { asTaken, insertAccountIn, type NewAccount, type Place, type UserRow } from './store.ts';

type RequiredPermissions = readonly [
  ...(SystemPermission | TenantPermission)[],
  SystemPermission | TenantPermission,
];

/** What an administrator says of an account that they make. */
export interface GivenAccount extends AccountInput {
  readonly systemRole?: SystemRole | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly tenantRole?: TenantRole | null | undefined;
  readonly createDefaultProject?: boolean | null | undefined;
}

/** Makes an account for somebody else, in a tenant of whoever makes it. */
export async function createAccount(ctx: Context, input: GivenAccount): Promise<UserRow> {
  const account = await readyAccount(ctx, input);
  return change(ctx, (writes) => insertReadyAccount(ctx, writes, account));
}

/** An account whose place is decided on when its tenant is locked. */
type ReadyAccount = NewAccount<TenantRole>;

/** Says whether the caller may make that account, and what it is to be. */
export async function readyAccount(ctx: Context, input: GivenAccount): Promise<ReadyAccount> {
  const wants = input.systemRole;
  // A role is refused at once; that the name is kept for administrators is told as late as any other.
  if (wants === 'ADMIN') systemRoleFor(ctx, input);
  const setupPass = await requireSetupPass(ctx);
  const joins = await placeOf(ctx, input);
  const withProject = input.createDefaultProject ?? true;
  return newAccount(ctx, input, { wants, joins, withProject, setupPass });
}

/**
 * Makes an account that was readied, if the caller still may, and its audit event. The first of all,
 * made while authentication is off, is a system administrator and turns it on.
 */
export async function insertReadyAccount(
  ctx: Context,
  writes: Change,
  ready: ReadyAccount,
): Promise<UserRow> {
  const { tx, audit, publish } = writes;
  const isFirst = ctx.actor.kind === 'open' && (await beginOpenAccount(ctx, tx));
  const joins = ready.joins && (await requirePlace(ctx, tx, ready.joins));
  if (!isFirst && ready.systemRole === 'ADMIN') await requireStillAdmin(ctx, tx);
  if (!may(ctx.actor, 'users:assign-role')) await refuseLookalike(tx, ready.username);
  const systemRole = isFirst ? roleByRule('setup', 'ADMIN') : ready.systemRole;
  const user = await insertAccountIn(tx, { ...ready, joins, systemRole });
  audit(accountEntry('user.created', user.id, { role: user.systemRole }));
  if (isFirst) await turnOn(ctx, writes);
  if (ctx.actor.kind === 'open') publish({ kind: 'auth' });
  return user;
}

/** Where the account goes; whether it may is asked once the tenant is locked. */
async function placeOf(ctx: Context, input: GivenAccount): Promise<Place<TenantRole> | undefined> {
  const tenantId = input.tenantId ?? (await homeTenantOf(ctx));
  return tenantId === undefined ? undefined : { tenantId, role: input.tenantRole ?? 'MEMBER' };
}

/** Nobody gives a role above their own in that tenant, nor one that they have lost meanwhile. */
async function requirePlace(ctx: Context, tx: Tx, place: Place<TenantRole>): Promise<Place> {
  const { tenantId } = place;
  await takeTenant(ctx.db, tx, tenantId);
  return {
    tenantId,
    role: await requireAuthority(ctx, tx, { ...place, permission: 'users:create' }),
  };
}

/** Whoever makes an administrator is one in the same transaction: the role may be theirs no more. */
export async function requireStillAdmin({ actor }: Pick<Context, 'actor'>, tx: Tx): Promise<void> {
  const id = callerId(actor);
  if (id === undefined || (await isActiveAdmin(tx, id))) return;
  throw new AppError('FORBIDDEN', { required: 'users:assign-role' });
}

/** Changes an account of somebody else; a disabled one loses its sessions with it. */
export async function changeAccount(
  ctx: Context,
  id: string,
  wanted: AccountChange,
): Promise<UserRow> {
  try {
    return await change(ctx, (writes) => changeAccountIn(ctx, writes, id, wanted));
  } catch (error) {
    await noteDenial(ctx, error, 'user.updated', id);
    throw error;
  }
}

/** Changes an account within another change, with the audit events of it. */
export async function changeAccountIn(
  ctx: Context,
  writes: Change,
  id: string,
  wanted: AccountChange,
): Promise<UserRow> {
  const { tx, ended, publish } = writes;
  const now = ctx.clock.now();
  const { username } = wanted;
  const admins = wanted.disabled === true || wanted.systemRole === 'USER';
  const taken = await takeAccount(ctx.db, tx, { id, admins });
  if (!taken) throw new AppError('USER_NOT_FOUND');
  const set = differences(taken.account, wanted);
  const isStanding = set.disabled !== undefined || set.systemRole !== undefined;
  const asked: RequiredPermissions =
    set.systemRole === undefined ? ['users:update'] : ['users:update', 'users:assign-role'];
  const user = await updateAsManager(ctx, tx, { taken, set, asked, neverOwn: isStanding }).catch(
    (error: unknown) => {
      throw asTaken(error, { username });
    },
  );
  // After the work of one that is free, which this transaction takes back.
  if (!mayGiveAdmin(ctx)) {
    if (username !== undefined && isReservedName(ctx, username)) {
      throw new AppError('USERNAME_TAKEN');
    }
    await refuseLookalike(tx, set.username, id);
  }
  if (set.disabled === true) ended(await revokeOtherSessions(tx, { userId: id, now }));
  auditChange(writes, id, set);
  publish({ kind: 'user', userId: id });
  return user;
}

/** Deletes an account of somebody else; what they leave behind goes to who comes after them. */
export async function removeAccount(ctx: Context, id: string): Promise<void> {
  const now = ctx.clock.now();
  const work = async (writes: Change) => {
    const { tx, audit, ended, publish } = writes;
    // Tenants before users, as everybody takes them.
    await lockTenants(ctx.db, tx, await listTenantIds(tx, id));
    const taken = await takeAccount(ctx.db, tx, { id, admins: true });
    if (!taken) throw new AppError('USER_NOT_FOUND');
    // Decides while the memberships that it depends on are still there.
    const set = { disabled: true };
    await updateAsManager(ctx, tx, { taken, set, asked: ['users:delete'], neverOwn: true });
    ended(await revokeOtherSessions(tx, { userId: id, now }));
    publish({ kind: 'user', userId: id });
    const { givesRoles } = await leaveEveryTenant(ctx, writes, id);
    if (givesRoles) requireFresh(ctx, 'session');
    await deleteAccount(tx, id);
    audit(accountEntry('user.deleted', id));
  };
  try {
    await change(ctx, work);
  } catch (error) {
    await noteDenial(ctx, error, 'user.deleted', id);
    throw error;
  }
}

interface ManagedUpdate {
  readonly taken: TakenAccount;
  readonly set: AccountChange;
  readonly asked: RequiredPermissions;
  /** Whether it is nothing that one does to oneself. */
  readonly neverOwn: boolean;
}

async function updateAsManager(ctx: Context, tx: Tx, update: ManagedUpdate): Promise<UserRow> {
  const { taken, set, asked, neverOwn } = update;
  const managerId = callerId(ctx.actor);
  const { id } = taken.account;
  // How its owner signs in is nothing that an API key changes.
  const isRefused = (neverOwn || ctx.actor.kind === 'apiKey') && id === managerId;
  const isCarried = asked.every((permission) => carries(ctx.actor, permission));
  const user =
    isRefused || !isCarried
      ? undefined
      : await updateAccount(tx, {
          id,
          managerId,
          isOperator: ctx.actor.kind === 'system',
          permissions: asked,
          set: allowed(ctx, taken.account, set),
          now: ctx.clock.now(),
        });
  if (user) {
    requireFreshChange(ctx, set);
    return user;
  }

  if (taken.isLastAdmin && may(ctx.actor, 'users:update')) throw new AppError('LAST_ADMIN');
  if (isRefused) throw new AppError('OWN_ACCOUNT');
  if (managerId === undefined) throw new AppError('UNAUTHENTICATED');
  const isSeen =
    may(ctx.actor, 'users:read') || (await findVisibleUser(tx, { id, viewerId: managerId }));
  if (!isSeen) throw new AppError('USER_NOT_FOUND');
  const required = asked.at(-1);
  throw new AppError('FORBIDDEN', required === undefined ? {} : { required });
}

/** The change with the system role that it gives decided on. */
function allowed(ctx: Context, account: UserRow, set: AccountChange): AllowedChange {
  const { systemRole: role, ...rest } = set;
  if (role === undefined) return rest;
  const gift = { ...ADMIN, role, former: account.systemRole } as const;
  return { ...rest, systemRole: giveRole(ctx, gift, { system: systemRoleOf(ctx.actor) }) };
}

/**
 * How somebody signs in, and whether, is changed by a recent sign-in. An API key keeps people out, which
 * gives nothing to anybody; that the role asks for one too, `giveRole` says.
 */
function requireFreshChange(ctx: Context, { username, disabled }: AccountChange): void {
  if (username !== undefined || disabled === false) requireFresh(ctx, 'session');
  else if (disabled === true) requireFresh(ctx, 'unlessKey');
}

function differences(account: UserRow, wanted: AccountChange): AccountChange {
  const { name, username, systemRole, disabled } = wanted;
  return {
    ...(name !== undefined && name !== account.name && { name }),
    ...(username !== undefined && username !== account.username && { username }),
    ...(systemRole !== undefined && systemRole !== account.systemRole && { systemRole }),
    ...(disabled !== undefined && disabled !== account.disabled && { disabled }),
  };
}
