import { ANONYMOUS, systemRoleOf } from '../../core/actor.ts';
import {
  type Given,
  type GiverContext,
  giveRole,
  mayGive,
  roleByRule,
} from '../../access/giving.ts';
import type { SystemRole, TenantRole } from '../../core/roles.ts';
import { may } from '../../access/scopes.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { requireAcceptablePassword } from '../passwords/rules.ts';
import { lookOf } from './lookalike.ts';
import type { NewAccount, Place, SetupPass } from './store.ts';

/** Who a new account is for. */
export interface PersonInput {
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/** What a new account is asked for. */
export interface AccountInput extends PersonInput {
  readonly password: string;
}

/** Where a new account stands. */
export interface Placement<R extends TenantRole = Given<TenantRole>> {
  /** @default what the name asks for: USER, or ADMIN for ADMIN_USERNAME to the letter */
  readonly systemRole?: Given<SystemRole> | undefined;
  /** The role that the caller asks for, which is decided on once the password is hashed. */
  readonly wants?: SystemRole | null | undefined;
  /** The tenant that it joins instead of having one of its own. */
  readonly joins?: Place<R> | undefined;
  /** What makes it, where that is not what the caller may do for others. */
  readonly by?: 'registration' | 'invitation' | 'setup';
  /** Whether it comes with a default project. @default true */
  readonly withProject?: boolean | undefined;
  /** Whether the e-mail address was proven to be theirs. @default false */
  readonly emailVerified?: boolean | undefined;
  /** Who brought them here. */
  readonly referrerId?: string | undefined;
  /** What lets it be the first account of all. @default it cannot be */
  readonly setupPass?: SetupPass | undefined;
}

type MakingContext = GiverContext & Pick<Context, 'random'>;

/** Readies an account for the store: checks and hashes its password, gives out its ids. */
export async function newAccount<R extends TenantRole = Given<TenantRole>>(
  ctx: Context,
  input: AccountInput,
  placement: Placement<R> = {},
): Promise<NewAccount<R>> {
  requireAcceptablePassword(ctx.config, input.password, { ...input, hasSecondFactor: false });
  const hash = await ctx.hasher.hash(input.password, ctx.request.signal);
  // The operator is not the user: the password is good for choosing another one.
  const mustChangePassword = ctx.actor.kind === 'system' && placement.by === undefined;
  return { ...accountOf(ctx, input, hash, placement), mustChangePassword };
}

/**
 * The same for a password that is hashed already, or that is yet to be chosen. Every new account comes by
 * here: whether the caller makes accounts and what the name asks for is not left to who calls it. A name
 * that is kept for administrators is taken, and takes as long to say so as any other.
 * @throws REGISTRATION_CLOSED, USERNAME_TAKEN, REAUTHENTICATION_REQUIRED
 */
export function accountOf<R extends TenantRole = Given<TenantRole>>(
  ctx: MakingContext,
  input: PersonInput,
  passwordHash: string | null,
  placement: Placement<R> = {},
): NewAccount<R> {
  const { random, clock } = ctx;
  const { by, wants } = placement;
  if (by === 'registration') requireOpenRegistration(ctx);
  if (by === undefined) requireMaker(ctx);
  // Who makes an account for themselves does so as anybody, whatever they show.
  const giver = by === undefined ? ctx : { ...ctx, actor: ANONYMOUS };
  return {
    ids: {
      user: random.uuid(),
      tenant: random.uuid(),
      project: random.uuid(),
      dashboard: random.uuid(),
    },
    username: input.username ?? undefined,
    email: input.email ?? undefined,
    name: input.name ?? '',
    passwordHash,
    mustChangePassword: false,
    systemRole: placement.systemRole ?? systemRoleFor(giver, { ...input, systemRole: wants }),
    disabled: false,
    joins: placement.joins,
    withProject: placement.withProject ?? true,
    emailVerified: placement.emailVerified ?? false,
    referrerId: placement.referrerId,
    setupPass: placement.setupPass,
    now: clock.now(),
  };
}

interface RoleWanted {
  readonly username?: string | null | undefined;
  readonly systemRole?: SystemRole | null | undefined;
}

/** What makes an administrator of somebody. */
export const ADMIN = { axis: 'system', role: 'ADMIN', permission: 'users:assign-role' } as const;

/**
 * The system role of a new account: the one that is asked for, else ADMIN where the name is ADMIN_USERNAME
 * to the letter. That name, and what reads like it, is given by whoever gives the role.
 * @throws FORBIDDEN, USERNAME_TAKEN, REAUTHENTICATION_REQUIRED
 */
export function systemRoleFor(ctx: MakingContext, wanted: RoleWanted): Given<SystemRole> {
  const { username, systemRole } = wanted;
  const isReserved = username != null && isReservedName(ctx, username);
  const role = systemRole ?? (username != null && isAdminName(ctx, username) ? 'ADMIN' : 'USER');
  if (role === 'USER' && !isReserved) return roleByRule('account', 'USER');
  if (isReserved && systemRole !== 'ADMIN' && !mayGiveAdmin(ctx)) {
    throw new AppError('USERNAME_TAKEN');
  }
  const admin = giveRole(ctx, ADMIN, { system: systemRoleOf(ctx.actor) });
  return role === 'USER' ? roleByRule('account', 'USER') : admin;
}

/** Whether the caller makes administrators, however long ago they signed in. */
export function mayGiveAdmin(ctx: MakingContext): boolean {
  const { actor } = ctx;
  if (actor.kind === 'anonymous') return false;
  return mayGive(ctx, ADMIN, { system: systemRoleOf(actor) });
}

/** Whether a name is the administrator's, or looks like it: only system administrators give it. */
export function isReservedName({ config }: Pick<Context, 'config'>, username: string): boolean {
  return config.adminUsername !== undefined && lookOf(username) === lookOf(config.adminUsername);
}

function isAdminName({ config }: Pick<Context, 'config'>, username: string): boolean {
  return username === config.adminUsername?.trim();
}

/** @throws REGISTRATION_CLOSED */
export function requireOpenRegistration({ config }: Pick<Context, 'config'>): void {
  if (config.selfRegistration !== 'open') throw new AppError('REGISTRATION_CLOSED');
}

/** With SELF_REGISTRATION=admin only system administrators make accounts, and programs of theirs. */
function requireMaker(ctx: MakingContext): void {
  const { actor } = ctx;
  if (actor.kind === 'system') return;
  const isMaker =
    actor.kind !== 'anonymous' && (may(actor, 'users:create') || may(actor, 'users:import'));
  if (!isMaker) requireOpenRegistration(ctx);
}
