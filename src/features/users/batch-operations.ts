import { z } from 'zod';
import { callerId } from '../../core/actor.ts';
import { SYSTEM_ROLES } from '../../core/roles.ts';
import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { enumInput, idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { applyPasswordIn } from '../passwords/change.ts';
import { ownerOf, passwordInput, requireAcceptablePassword } from '../passwords/rules.ts';
import { replacePassword } from '../passwords/store.ts';
import { managedAccountThrottle } from '../throttles/rules.ts';
import { noteDenial } from './denial.ts';
import { changeAccountIn, insertReadyAccount, readyAccount } from './change.ts';
import type { AccountChange } from './account-store.ts';
import { usernameInput } from './rules.ts';
import { findUser, type UserRow } from './store.ts';

const MAX_USERS = 100;

const savedUser = z
  .object({
    id: idInput.nullish().describe('Whose account is changed; another is made where it is absent.'),
    username: usernameInput.nullish().describe('The name to sign in with. Needed for a new one.'),
    password: passwordInput.nullish().describe('What they sign in with. Needed for a new one.'),
    systemRole: enumInput('SystemRole', SYSTEM_ROLES)
      .nullish()
      .describe('Never their own; USER for a new one unless told.'),
    disabled: z.boolean().nullish().describe('Whether they are kept out; never oneself.'),
  })
  .refine((user) => user.id != null || (user.username != null && user.password != null), {
    message: 'a new account needs a username and a password',
    path: ['username'],
  })
  .refine((user) => user.id != null || user.disabled !== true, {
    message: 'a new account is not disabled',
    path: ['disabled'],
  })
  .meta({ inputName: 'SavedUserInput', description: 'An account as it is to be.' });
type SavedUser = z.output<typeof savedUser>;

/** Does what was found to be allowed, in the transaction of all the others. */
type Step = (writes: Change) => Promise<UserRow>;

export const saveUsers = operation({
  name: 'saveUsers',
  description:
    'Makes and changes accounts for system administrators, all of them or none. A new password of somebody ends their sessions and has to be replaced by them first.',
  input: z.object({
    users: z
      .array(savedUser)
      .min(1, 'must not be empty')
      .max(MAX_USERS, `must have at most ${MAX_USERS} users`)
      .describe(`Up to ${MAX_USERS} of them.`),
  }),
  scopes: { permission: 'users:assign-role', fresh: 'session' },
  fails: [
    'USERNAME_TAKEN',
    'EMAIL_TAKEN',
    'PASSWORD_REFUSED',
    'USER_NOT_FOUND',
    'OWN_ACCOUNT',
    'LAST_ADMIN',
    'TENANT_NOT_FOUND',
  ],
  throttle: managedAccountThrottle,
  repeatable: true,
  handle: async (ctx, { users }) => {
    try {
      return { users: await saveAll(ctx, users) };
    } catch (error) {
      for (const { id } of users) if (id != null) await noteDenial(ctx, error, 'user.updated', id);
      throw error;
    }
  },
});

async function saveAll(ctx: Context, users: readonly SavedUser[]): Promise<readonly UserRow[]> {
  const steps: Step[] = [];
  for (const user of users) steps.push(await readyStep(ctx, user));
  return change(ctx, async (writes) => {
    const done: UserRow[] = [];
    for (const step of steps) done.push(await step(writes));
    return done;
  });
}

async function readyStep(ctx: Context, given: SavedUser): Promise<Step> {
  const { id, username, password, systemRole, disabled } = given;
  if (id == null) {
    const account = await readyAccount(ctx, { username, password: password ?? '', systemRole });
    return (writes) => insertReadyAccount(ctx, writes, account);
  }
  // Asked for at all, not only where it would change something.
  const isStanding = disabled != null || password != null;
  if (isStanding && id === callerId(ctx.actor)) throw new AppError('OWN_ACCOUNT');
  const hash = password == null ? undefined : await hashFor(ctx, id, given, password);
  const wanted: AccountChange = {
    ...(username != null && { username }),
    ...(systemRole != null && { systemRole }),
    ...(disabled != null && { disabled }),
  };
  return async (writes) => {
    const changed = await changeAccountIn(ctx, writes, id, wanted);
    return hash === undefined ? changed : (await givePassword(ctx, writes, id, hash)).user;
  };
}

function givePassword(ctx: Context, writes: Change, userId: string, to: string) {
  return applyPasswordIn(ctx, writes, {
    userId,
    action: 'password.reset',
    mail: 'passwordReset',
    ends: 'earlier access',
    change: async (tx) => {
      const now = ctx.clock.now();
      const user = await replacePassword(tx, { userId, to, mustChange: true, now });
      if (!user) throw new AppError('USER_NOT_FOUND');
      return user;
    },
  });
}

async function hashFor(
  ctx: Context,
  id: string,
  { username }: SavedUser,
  password: string,
): Promise<string> {
  const user = await findUser(ctx.db, id);
  if (!user) throw new AppError('USER_NOT_FOUND');
  const owner = ownerOf({ ...user, username: username ?? user.username });
  requireAcceptablePassword(ctx.config, password, owner);
  return ctx.hasher.hash(password, ctx.request.signal);
}
