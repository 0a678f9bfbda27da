import { roleByRule } from '../../access/giving.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Database, Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { systemContext } from '../../core/system-context.ts';
import { auditUser } from '../audit/event.ts';
import { replacePassword } from '../passwords/store.ts';
import { accountOf } from '../users/new-account.ts';
import {
  findUserByLogin,
  hasUsers,
  insertAccountIn,
  type NewAccount,
  type UserRow,
} from '../users/store.ts';
import { turnOn } from './auth-state.ts';
import { OPEN_PASS } from './token.ts';
import { takeAuthState } from '../../authentication/auth-state-store.ts';

/** What the first user is, whoever makes it. */
export const FIRST = { by: 'setup', systemRole: roleByRule('setup', 'ADMIN') } as const;

/** The name and the password of the account that DEFAULT_ADMIN makes. */
const DEFAULT = 'admin';

/**
 * Makes the first user, once in the life of an installation.
 * @throws SETUP_DONE, SETUP_TOKEN_INVALID
 */
export async function insertFirst(
  ctx: Context,
  account: NewAccount,
  after?: (tx: Tx, made: UserRow) => Promise<unknown>,
): Promise<UserRow> {
  return change(ctx, async (writes) => {
    const { tx, audit, publish } = writes;
    // Whoever sets up or skips setup at the same time waits here, and sees what was done.
    const before = await takeAuthState(tx, ctx.clock.now());
    if (await hasUsers(tx)) throw new AppError('SETUP_DONE');
    const made = await insertAccountIn(tx, account);
    const target = { type: 'user', id: made.id };
    audit({ action: 'setup.completed', actor: auditUser(made), target });
    if (before !== 'on') await turnOn(ctx, writes);
    await after?.(tx, made);
    publish({ kind: 'auth' });
    return made;
  });
}

/**
 * With DEFAULT_ADMIN, while there are no users and setup takes no token: makes the administrator `admin` with the password
 * `admin`, who can do nothing before they have chosen another.
 */
export async function makeDefaultAdmin(services: Services): Promise<void> {
  const { config, db, hasher, log } = services;
  if (!config.defaultAdmin || (await hasUsers(db.prisma))) return;
  if (!config.openSetup) {
    log.warn(
      {},
      'DEFAULT_ADMIN made no account, because its password is known to everybody: set up with the token, or set OPEN_SETUP=true',
    );
    return;
  }
  const ctx = systemContext(services);
  // Past the password policy, which refuses it, and good for choosing another one alone.
  const to = await hasher.hash(DEFAULT);
  const account = accountOf(ctx, { username: DEFAULT }, to, { ...FIRST, setupPass: OPEN_PASS });
  try {
    await insertFirst(ctx, account, (tx, { id: userId }) =>
      replacePassword(tx, { userId, to, mustChange: true, now: account.now }),
    );
  } catch (error) {
    // Another process was faster.
    if (error instanceof AppError && error.code === 'SETUP_DONE') return;
    throw error;
  }
  log.info({}, 'DEFAULT_ADMIN made the account admin');
}

/** Whether the account that DEFAULT_ADMIN made has yet to choose a password. */
export async function hasUnchangedDefaultAdmin(db: Database): Promise<boolean> {
  const user = await findUserByLogin(db, DEFAULT);
  return user !== undefined && user.mustChangePassword && user.systemRole === 'ADMIN';
}
