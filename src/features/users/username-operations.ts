import { z } from 'zod';
import { operation } from '../../core/operation.ts';
import { passwordInput } from '../passwords/rules.ts';
import { ABOVE_LOWEST, createUser, deleteUser, updateUser } from './operations.ts';
import { usernameInput } from './rules.ts';

// For clients that know neither tenants nor roles: whoever manages one account there manages all.

const login = z.string().max(254).describe('The username of the account.');

export const createUserByName = operation({
  name: 'createUser.byName',
  description: 'Makes an account by a name and a password, for system administrators alone.',
  input: z.object({ username: usernameInput, password: passwordInput }),
  scopes: { permission: 'users:create', freshFor: ABOVE_LOWEST },
  fails: createUser.fails,
  throttledBy: createUser,
  handle: (ctx, input) => createUser.run(ctx, input),
});

export const setUserDisabled = operation({
  name: 'updateUser.disabled',
  description: 'Keeps somebody out or lets them in again, for system administrators alone.',
  input: z.object({ login, disabled: z.boolean().describe('Whether they are kept out.') }),
  scopes: { permission: 'users:update', freshFor: 'a change' },
  fails: updateUser.fails,
  throttledBy: updateUser,
  handle: (ctx, input) => updateUser.run(ctx, input),
});

export const deleteUserByName = operation({
  name: 'deleteUser.byName',
  description: 'Deletes an account by its name, for system administrators alone.',
  input: z.object({ login }),
  scopes: { permission: 'users:delete', fresh: 'unlessKey' },
  fails: deleteUser.fails,
  handle: (ctx, input) => deleteUser.run(ctx, input),
});
