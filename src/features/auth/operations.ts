import { z } from 'zod';
import { inSession, type UserActor } from '../../core/actor.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { operation } from '../../core/operation.ts';
import { passwordInput } from '../passwords/rules.ts';
import { mintPair } from '../sign-in/begin-session.ts';
import { revokeSession } from '../sessions/store.ts';
import { newAccountThrottle } from '../throttles/rules.ts';
import { newAccount, requireOpenRegistration } from '../users/new-account.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';
import { hasUsers } from '../users/store.ts';
import { takeGeneration } from './refresh.ts';
import { signUp } from './sign-up.ts';
import { findActiveToken } from './token-holder.ts';

/** What is told of an access token; of one that is not good nothing. */
export interface TokenStatus {
  readonly valid: boolean;
  readonly username: string | null;
  readonly expiresAt: Date | null;
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
  throttle: newAccountThrottle,
  handle: async (ctx, input) => {
    requireOpenRegistration(ctx);
    // The first user has to be the administrator: whoever comes before setup waits for it.
    if (!(await hasUsers(ctx.db.prisma))) throw new AppError('SETUP_REQUIRED');
    return signUp(ctx, await newAccount(ctx, input, { by: 'registration' }));
  },
});

export const refresh = operation({
  name: 'refresh',
  description:
    'Exchanges a refresh token for a new pair. The same token again answers the same pair within REFRESH_GRACE_SECONDS, and after that while the pair was never used; once it was, the session ends (RFC 9700 4.14.2).',
  input: z.object({ refreshToken: z.string().max(8192).describe('The refresh token.') }),
  scopes: { public: true },
  fails: ['REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED'],
  handle: async (ctx, { refreshToken }) => mintPair(ctx, await takeGeneration(ctx, refreshToken)),
});

export const verifyToken = operation({
  name: 'verifyToken',
  description:
    'Whether an access token is active at this moment: signed here, not expired, its session alive, its user enabled and with a password of their own. Any other text is answered alike and is no error.',
  input: z.object({ token: z.string().describe('The access token.') }),
  scopes: { public: true },
  fails: [],
  handle: async (ctx, { token }): Promise<TokenStatus> => {
    const active = await findActiveToken(ctx, token);
    if (active?.token.type !== 'access') return { valid: false, username: null, expiresAt: null };
    const { username, email } = active.user;
    const expiresAt = new Date(active.token.expiresAt * 1000);
    return { valid: true, username: username ?? email, expiresAt };
  },
});

export const logout = operation({
  name: 'logout',
  description: 'Ends the session of the token that is sent: its access and refresh tokens die.',
  input: z.object({}),
  scopes: { authenticated: true },
  beforePasswordChange: true,
  fails: [],
  handle: (ctx) => endOwnSession(ctx, inSession(ctx.actor)),
});

export const logoutIfSignedIn = operation({
  name: 'logout.ifSignedIn',
  description:
    'The same for clients that sign out whoever they are: a stranger has nothing to end, and is not told so.',
  input: z.object({}),
  scopes: { public: true },
  fails: [],
  handle: async (ctx) => {
    if (ctx.actor.kind === 'user') await endOwnSession(ctx, ctx.actor);
  },
});

async function endOwnSession(ctx: Context, { session }: UserActor) {
  return change(ctx, async ({ tx, audit, ended }) => {
    const revoked = await revokeSession(tx, { id: session.id, now: ctx.clock.now() });
    if (revoked) {
      audit({ action: 'auth.logout' });
      ended([revoked]);
    }
    return { sessionId: session.id };
  });
}
