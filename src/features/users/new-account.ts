import type { SystemRole, TenantRole } from '../../access/roles.ts';
import type { Context } from '../../context.ts';
import { requireAcceptablePassword } from '../passwords/rules.ts';
import { lookOf } from './lookalike.ts';
import type { NewAccount } from './store.ts';

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
export interface Placement {
  /** @default USER, or ADMIN where the name is ADMIN_USERNAME to the letter */
  readonly systemRole?: SystemRole | undefined;
  /** The tenant that it joins instead of having one of its own. */
  readonly joins?: { readonly tenantId: string; readonly role: TenantRole } | undefined;
  /** Whether it comes with a default project. @default true */
  readonly withProject?: boolean | undefined;
  /** Whether the e-mail address was proven to be theirs. @default false */
  readonly emailVerified?: boolean | undefined;
  /** Who brought them here. */
  readonly referrerId?: string | undefined;
}

/** Readies an account for the store: checks and hashes its password, gives out its ids. */
export async function newAccount(
  ctx: Context,
  input: AccountInput,
  placement: Placement = {},
): Promise<NewAccount> {
  requireAcceptablePassword(ctx.config, input.password, { ...input, hasSecondFactor: false });
  return accountOf(
    ctx,
    input,
    await ctx.hasher.hash(input.password, ctx.request.signal),
    placement,
  );
}

/** The same for a password that is hashed already, or that is yet to be chosen. */
export function accountOf(
  { config, random, clock }: Pick<Context, 'config' | 'random' | 'clock'>,
  input: PersonInput,
  passwordHash: string | null,
  placement: Placement = {},
): NewAccount {
  const isAdminName = input.username != null && input.username === config.adminUsername?.trim();
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
    systemRole: placement.systemRole ?? (isAdminName ? 'ADMIN' : 'USER'),
    disabled: false,
    joins: placement.joins,
    withProject: placement.withProject ?? true,
    emailVerified: placement.emailVerified ?? false,
    referrerId: placement.referrerId,
    now: clock.now(),
  };
}

/** Whether a name is the administrator's, or looks like it: only system administrators give it. */
export function isReservedName({ config }: Pick<Context, 'config'>, username: string): boolean {
  return config.adminUsername !== undefined && lookOf(username) === lookOf(config.adminUsername);
}
