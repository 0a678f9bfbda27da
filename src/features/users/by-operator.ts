import type { SystemRole } from '../../core/roles.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { applyPassword, type PasswordChanged } from '../passwords/change.ts';
import { ownerOf, requireAcceptablePassword } from '../passwords/rules.ts';
import { replacePassword } from '../passwords/store.ts';
import { revokeOtherSessions } from '../sessions/store.ts';
import { OPEN_PASS } from '../setup/token.ts';
import { accountEntry, auditChange } from './account-events.ts';
import { takeAccount, updateAccount } from './manage-store.ts';
import { type AccountInput, newAccount, systemRoleFor } from './new-account.ts';
import { insertAccountIn, type UserRow } from './store.ts';

// What the operator does at the machine itself, where there is no role to ask for: the rules of the
// operations hold all the same. An administrator stays, a password has to do, all of it is audited.

/**
 * Makes an account, in a tenant of its own, that has to choose another password first.
 * @throws USERNAME_TAKEN, EMAIL_TAKEN, PASSWORD_REFUSED
 */
export async function createByOperator(
  ctx: Context,
  input: AccountInput & { readonly systemRole: SystemRole },
): Promise<UserRow> {
  const systemRole = systemRoleFor(ctx, input);
  const account = await newAccount(ctx, input, { systemRole, setupPass: OPEN_PASS });
  return change(ctx, async ({ tx, audit }) => {
    const { id } = await insertAccountIn(tx, account);
    const given = { userId: id, to: account.passwordHash ?? '', mustChange: true };
    const user = await replacePassword(tx, { ...given, now: ctx.clock.now() });
    if (!user) throw new AppError('USER_NOT_FOUND');
    audit(accountEntry('user.created', id, { role: systemRole }));
    return user;
  });
}

/**
 * Keeps somebody out, whose sessions end, or lets them in again.
 * @throws USER_NOT_FOUND, LAST_ADMIN
 */
export async function setDisabledByOperator(
  ctx: Context,
  { id, disabled }: { readonly id: string; readonly disabled: boolean },
): Promise<void> {
  const now = ctx.clock.now();
  await change(ctx, async (writes) => {
    const { tx, ended, publish } = writes;
    const taken = await takeAccount(ctx.db, tx, { id, admins: disabled });
    if (!taken) throw new AppError('USER_NOT_FOUND');
    if (taken.account.disabled === disabled) return;
    const user = await updateAccount(tx, {
      id,
      isOperator: true,
      permissions: [],
      set: { disabled },
      now,
    });
    if (!user) throw new AppError('LAST_ADMIN');
    if (disabled) ended(await revokeOtherSessions(tx, { userId: id, now }));
    auditChange(writes, id, { disabled });
    publish({ kind: 'user', userId: id });
  });
}

/**
 * Gives somebody a password that is good for choosing another one; their sessions end, they are told.
 * @throws USER_NOT_FOUND, PASSWORD_REFUSED
 */
export async function resetPasswordByOperator(
  ctx: Context,
  user: UserRow,
  password: string,
): Promise<PasswordChanged> {
  requireAcceptablePassword(ctx.config, password, ownerOf(user));
  const to = await ctx.hasher.hash(password);
  return applyPassword(ctx, {
    userId: user.id,
    action: 'password.reset',
    mail: 'passwordReset',
    ends: 'earlier access',
    change: async (tx) => {
      const given = { userId: user.id, to, mustChange: true, now: ctx.clock.now() };
      const changed = await replacePassword(tx, given);
      if (!changed) throw new AppError('USER_NOT_FOUND');
      return changed;
    },
  });
}
