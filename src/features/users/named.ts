import { z } from 'zod';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { idInput } from '../../inputs.ts';
import { findUser, findUserByLogin, type UserRow } from './store.ts';

/** The fields by which an input names an account; refine with `namesAccount`. */
export const account = {
  id: idInput.nullish().describe('Whose account, by id.'),
  login: z
    .string()
    .max(254)
    .nullish()
    .describe('Whose account, by the username or e-mail address they sign in with.'),
};
type Named = { readonly [K in keyof typeof account]?: string | null | undefined };

export const namesAccount = ({ id, login }: Named): boolean => (id == null) !== (login == null);
export const ONE_ACCOUNT = { message: 'say whose account: by `id` or by `login`', path: ['id'] };

/**
 * The account that an input names.
 * @throws USER_NOT_FOUND
 */
export async function getNamed({ db }: Context, { id, login }: Named): Promise<UserRow> {
  const user = id == null ? await findUserByLogin(db, login ?? '') : await findUser(db, id);
  if (!user) throw new AppError('USER_NOT_FOUND');
  return user;
}
