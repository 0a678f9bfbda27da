import type { SystemRole } from '../../access/roles.ts';
import type { Context } from '../../context.ts';
import { requireAcceptablePassword } from '../passwords/rules.ts';
import type { NewAccount } from './store.ts';

/** What a new account is asked for. */
export interface AccountInput {
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly password: string;
}

/** Readies an account for the store: checks and hashes its password, gives out its ids. */
export async function newAccount(
  ctx: Context,
  input: AccountInput,
  systemRole: SystemRole,
): Promise<NewAccount> {
  requireAcceptablePassword(input.password, ctx.config.passwordMinLength);
  return {
    ids: { user: ctx.random.uuid(), tenant: ctx.random.uuid(), project: ctx.random.uuid() },
    username: input.username ?? undefined,
    email: input.email ?? undefined,
    name: input.name ?? '',
    passwordHash: await ctx.hasher.hash(input.password),
    systemRole,
    now: ctx.clock.now(),
  };
}
