import { z } from 'zod';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { passwordInput } from '../passwords/rules.ts';
import { signIn } from '../sessions/sign-in.ts';
import { newAccountThrottle } from '../throttles/rules.ts';
import { newAccount } from '../users/new-account.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';
import { hasUsers, insertFirstAccount } from '../users/store.ts';

export const authStatus = operation({
  name: 'authStatus',
  description: 'What a front end needs to know before anyone has signed in.',
  input: z.object({}),
  scopes: { public: true },
  fails: [],
  handle: async (ctx) => ({
    hasUsers: await hasUsers(ctx.db),
    selfRegistration: ctx.config.selfRegistration === 'open',
  }),
});

const firstUserInput = z.object({
  username: usernameInput,
  password: passwordInput,
  email: emailInput.nullish(),
  name: displayNameInput.nullish(),
});

export const createFirstUser = operation({
  name: 'createFirstUser',
  description:
    'Makes the first user, a system administrator. Works once, while there are no users.',
  input: firstUserInput,
  scopes: { public: true },
  fails: ['SETUP_DONE', 'PASSWORD_REFUSED'],
  throttle: newAccountThrottle,
  handle: insertFirstUser,
});

export const setup = operation({
  name: 'setup',
  description:
    'Makes the first user, a system administrator, and signs them in. Works once, while there are no users.',
  input: firstUserInput,
  scopes: { public: true },
  fails: ['SETUP_DONE', 'PASSWORD_REFUSED'],
  throttle: newAccountThrottle,
  handle: async (ctx, input) => signIn(ctx, await insertFirstUser(ctx, input)),
});

async function insertFirstUser(ctx: Context, input: z.output<typeof firstUserInput>) {
  if (await hasUsers(ctx.db)) throw new AppError('SETUP_DONE');
  const account = await newAccount(ctx, input, { systemRole: 'ADMIN' });
  const user = await insertFirstAccount(ctx.db, account, (tx, made) => {
    const target = { type: 'user', id: made.id };
    const entry = { action: 'setup.completed', actor: auditUser(made), target } as const;
    return insertAuditEvent(ctx.db, tx, auditEvent(ctx, entry));
  });
  if (!user) throw new AppError('SETUP_DONE');
  return user;
}
