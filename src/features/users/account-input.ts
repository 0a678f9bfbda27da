import { z } from 'zod';
import { callerId } from '../../core/actor.ts';
import { may } from '../../access/scopes.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { findVisibleUser } from './account-store.ts';
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
 * The account that an input names. To a caller who may not read every account, one that they may not
 * read is answered like one that does not exist, after the same work.
 * @throws USER_NOT_FOUND
 */
export async function getAccount(ctx: Context, { id, login }: Named): Promise<UserRow> {
  const { actor, db, random } = ctx;
  const found = id == null ? await findUserByLogin(db, login ?? '') : await findUser(db, id);
  const viewerId = callerId(actor);
  const user =
    viewerId === undefined || may(actor, 'users:read')
      ? found
      : await findVisibleUser(db.prisma, { id: found?.id ?? random.uuid(), viewerId });
  if (!user) throw new AppError('USER_NOT_FOUND');
  return user;
}
