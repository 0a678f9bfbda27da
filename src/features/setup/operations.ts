import { z } from 'zod';
import { change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { operation } from '../../core/operation.ts';
import type { Services } from '../../core/services.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import { login } from '../sign-in/operations.ts';
import { passwordInput } from '../passwords/rules.ts';
import { signIn } from '../sign-in/begin-session.ts';
import { setupThrottle, setupTokenBuckets, signInPlaces } from '../throttles/rules.ts';
import { newAccount } from '../users/new-account.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';
import { hasActiveAdmin, hasUsers } from '../users/store.ts';
import { FIRST, insertFirst } from './first-user.ts';
import { requireSetupToken } from './token.ts';
import { takeAuthState, updateAuthState } from '../../authentication/auth-state-store.ts';
import type { AuthState } from '../../core/auth-state.ts';

export const authStatus = operation({
  name: 'authStatus',
  description: 'What a front end needs to know before anyone has signed in.',
  input: z.object({}),
  scopes: { public: true },
  fails: [],
  handle: readAuthStatus,
});

const setupTokenInput = z
  .string()
  .max(256)
  .nullish()
  .describe(
    'The one-time token that the server printed when it started, where setup takes one; the header `Setup-Token` does as well.',
  );

const firstUserInput = z.object({
  username: usernameInput,
  password: passwordInput,
  email: emailInput.nullish(),
  name: displayNameInput.nullish(),
  setupToken: setupTokenInput,
});

export const createFirstUser = operation({
  name: 'createFirstUser',
  description:
    'Makes the first user, a system administrator. Works once, while there are no users.',
  input: firstUserInput,
  scopes: { public: true },
  fails: ['SETUP_DONE', 'SETUP_TOKEN_REQUIRED', 'SETUP_TOKEN_INVALID', 'PASSWORD_REFUSED'],
  throttle: setupThrottle,
  handle: insertFirstUser,
});

export const setup = operation({
  name: 'setup',
  description:
    'Makes the first user, a system administrator, and signs them in. Works once, while there are no users.',
  input: firstUserInput,
  scopes: { public: true },
  fails: ['SETUP_DONE', 'SETUP_TOKEN_REQUIRED', 'SETUP_TOKEN_INVALID', 'PASSWORD_REFUSED'],
  throttle: setupThrottle,
  handle: async (ctx, input) => signIn(ctx, await insertFirstUser(ctx, input)),
});

export const setupFirst = operation({
  name: 'setup.first',
  description:
    'The same for clients that want to hear of users that are there before of what is wrong with their input.',
  // Read as it is, and described as what `setup` will make of it.
  input: z.looseObject({}).meta(z.toJSONSchema(firstUserInput, { io: 'input' })),
  scopes: { public: true },
  fails: setup.fails,
  handle: async (ctx, input) => {
    if (await hasUsers(ctx.db.prisma)) throw new AppError('SETUP_DONE');
    return setup.run(ctx, input);
  },
});

export const loginWhileOn = operation({
  name: 'login.whileOn',
  description: 'As `login`, but refused while authentication is off.',
  input: login.input,
  scopes: { public: true },
  fails: ['AUTH_OFF', ...login.fails],
  handle: async (ctx, input) => {
    if ((await ctx.authSwitch.state()) !== 'on') throw new AppError('AUTH_OFF');
    return login.run(ctx, input);
  },
});

async function insertFirstUser(ctx: ThrottledContext, input: z.output<typeof firstUserInput>) {
  if (await hasUsers(ctx.db.prisma)) throw new AppError('SETUP_DONE');
  const { setupToken, ...person } = input;
  const setupPass = await requireSetupToken(ctx, setupToken);
  const user = await insertFirst(ctx, await newAccount(ctx, person, { ...FIRST, setupPass }));
  await ctx.throttles.trust(signInPlaces(ctx, user));
  return user;
}

export const skipSetup = operation({
  name: 'skipSetup',
  description:
    'Leaves authentication off and setup undone: whoever calls may do anything, until the first user is made. Works while there are no users; refused by ALLOW_AUTH_DISABLE=false.',
  input: z.object({ setupToken: setupTokenInput }),
  scopes: { public: true },
  fails: ['SETUP_DONE', 'AUTH_ALWAYS_ON', 'SETUP_TOKEN_REQUIRED', 'SETUP_TOKEN_INVALID'],
  throttle: setupTokenBuckets,
  handle: async (ctx, { setupToken }) => {
    const isDone = await hasUsers(ctx.db.prisma);
    if (isDone) throw new AppError('SETUP_DONE');
    requireAuthDisable(ctx);
    // Not used up: the first user is still to come, and takes it again.
    await requireSetupToken(ctx, setupToken);
    return changeState(ctx, 'skipped', async (tx) => {
      if (await hasUsers(tx)) throw new AppError('SETUP_DONE');
    });
  },
});

export const enableAuth = operation({
  name: 'enableAuth',
  description:
    'Turns authentication on: every request has to say who calls, from the next one on. Needs an active system administrator.',
  input: z.object({}),
  scopes: { permission: 'auth:manage' },
  fails: ['SETUP_REQUIRED'],
  handle: (ctx) =>
    changeState(ctx, 'on', async (tx) => {
      if (!(await hasActiveAdmin(tx))) throw new AppError('SETUP_REQUIRED');
    }),
});

export const disableAuth = operation({
  name: 'disableAuth',
  description:
    'Turns authentication off: from the next request on whoever calls may do anything, without signing in. Refused by ALLOW_AUTH_DISABLE=false.',
  input: z.object({}),
  scopes: { permission: 'auth:manage', fresh: 'session' },
  fails: ['AUTH_ALWAYS_ON'],
  handle: (ctx) => changeState(ctx, 'off'),
});

const CHANGES = {
  on: 'auth.enabled',
  off: 'auth.disabled',
  skipped: 'setup.skipped',
} as const satisfies Record<AuthState, AuditAction>;

/** Changes the state unless it is that already, if `check` lets it; answers what there is to know. */
async function changeState(
  ctx: Context,
  to: AuthState,
  check: (tx: Tx) => Promise<void> = () => Promise.resolve(),
) {
  if (to !== 'on') requireAuthDisable(ctx);
  const now = ctx.clock.now();
  await change(ctx, async ({ tx, audit, publish }) => {
    publish({ kind: 'auth' });
    const before = await takeAuthState(tx, now);
    await check(tx);
    // Who skipped setup and turns off what is off has skipped setup still.
    if ((before === 'on') === (to === 'on')) return;
    await updateAuthState(tx, to, now);
    audit({ action: CHANGES[to] });
  });
  return { status: await readAuthStatus(ctx) };
}

function requireAuthDisable({ config }: Context): void {
  if (!config.allowAuthDisable) throw new AppError('AUTH_ALWAYS_ON');
}

/** What a front end needs to know before anyone has signed in, as it is at this moment. */
export async function readAuthStatus({ authSwitch, config, db }: Services) {
  const [state, isSetUp] = await Promise.all([authSwitch.state(), hasUsers(db.prisma)]);
  return {
    enabled: state === 'on',
    hasUsers: isSetUp,
    setupTokenRequired: !isSetUp && !config.openSetup,
    setupSkipped: state === 'skipped',
    selfRegistration: config.selfRegistration === 'open',
  };
}
