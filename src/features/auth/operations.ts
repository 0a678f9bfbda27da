import { z } from 'zod';
import { signedIn } from '../../access/actor.ts';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { passwordInput } from '../passwords/rules.ts';
import { rehashPassword } from '../passwords/store.ts';
import { tellEnded } from '../sessions/operations.ts';
import { mintPair, signIn, signInWithCookie } from '../sessions/sign-in.ts';
import { revokeSession } from '../sessions/store.ts';
import { newAccount } from '../users/new-account.ts';
import { displayNameInput, emailInput, foldName, usernameInput } from '../users/rules.ts';
import { findUserByLogin, hasUsers, insertAccount, type UserRow } from '../users/store.ts';
import { takeGeneration } from './refresh.ts';

const loginInput = z.object({
  username: z.string().max(254).describe('The username, or the e-mail address.'),
  password: passwordInput,
});

export const login = operation({
  name: 'login',
  description: 'Signs in with a username or e-mail address and a password.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  handle: async (ctx, input) => signIn(ctx, await checkPassword(ctx, input)),
});

export const loginWithCookie = operation({
  name: 'loginWithCookie',
  description: 'Signs in and answers one opaque token for a cookie instead of a pair of JWTs.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  handle: async (ctx, input) => signInWithCookie(ctx, await checkPassword(ctx, input)),
});

/** Unknown name and wrong password are one answer after the same work (ASVS 6.3.8). */
async function checkPassword(ctx: Context, input: z.output<typeof loginInput>): Promise<UserRow> {
  const user = await findUserByLogin(ctx.db, input.username);
  const right = await ctx.hasher.verify(user?.passwordHash ?? undefined, input.password);
  if (!user || !right) throw new AppError('INVALID_CREDENTIALS');
  if (user.disabled) throw new AppError('ACCOUNT_DISABLED');
  if (user.passwordHash !== null && ctx.hasher.needsRehash(user.passwordHash)) {
    const to = await ctx.hasher.hash(input.password);
    await rehashPassword(ctx.db, { userId: user.id, from: user.passwordHash, to });
  }
  return user;
}

export const register = operation({
  name: 'register',
  description:
    'Creates an account for whoever asks, in a tenant of its own, and signs it in. Needs a username or an e-mail address. Closed by SELF_REGISTRATION=admin.',
  input: z
    .object({
      username: usernameInput.nullish(),
      email: emailInput.nullish(),
      password: passwordInput,
      name: displayNameInput.nullish(),
    })
    .refine((input) => input.username != null || input.email != null, {
      message: 'a username or an e-mail address is needed',
      path: ['username'],
    }),
  scopes: { public: true },
  fails: [
    'REGISTRATION_CLOSED',
    'SETUP_REQUIRED',
    'USERNAME_TAKEN',
    'EMAIL_TAKEN',
    'PASSWORD_REFUSED',
  ],
  handle: async (ctx, input) => {
    if (ctx.config.selfRegistration !== 'open') throw new AppError('REGISTRATION_CLOSED');
    // The first user has to be the administrator: whoever comes before setup waits for it.
    if (!(await hasUsers(ctx.db))) throw new AppError('SETUP_REQUIRED');
    // The administrator's name is for administrators to give.
    if (input.username != null && isReserved(ctx, input.username)) {
      throw new AppError('USERNAME_TAKEN');
    }
    return signIn(ctx, await insertAccount(ctx.db, await newAccount(ctx, input, 'USER')));
  },
});

export const refresh = operation({
  name: 'refresh',
  description:
    'Exchanges a refresh token for a new pair. The same token again within REFRESH_GRACE_SECONDS answers the same pair; later it ends the session (RFC 9700 4.14.2).',
  input: z.object({ refreshToken: z.string().max(8192).describe('The refresh token.') }),
  scopes: { public: true },
  fails: ['REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED'],
  handle: async (ctx, { refreshToken }) => mintPair(ctx, await takeGeneration(ctx, refreshToken)),
});

export const logout = operation({
  name: 'logout',
  description: 'Ends the session of the token that is sent: its access and refresh tokens die.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx) => {
    const { session } = signedIn(ctx.actor);
    const ended = await revokeSession(ctx.db.prisma, { id: session.id, now: ctx.clock.now() });
    tellEnded(ctx, ended ? [ended] : []);
    return { sessionId: session.id };
  },
});

function isReserved({ config }: Context, username: string): boolean {
  return (
    config.adminUsername !== undefined && foldName(username) === foldName(config.adminUsername)
  );
}
