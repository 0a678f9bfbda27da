import { z } from 'zod';
import { inSession, type UserActor } from '../../core/actor.ts';
import { reauthenticationRequired } from '../../access/fresh.ts';
import { change } from '../../core/change.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError, isGeneric } from '../../core/errors.ts';
import { operation } from '../../core/operation.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { passwordInput, passwordToCheck } from '../passwords/rules.ts';
import { verifyPassword } from '../passwords/verify.ts';
import { rehashPassword } from '../passwords/store.ts';
import { type AuthPayload, mintPair, signIn, signInWithCookie } from '../sessions/sign-in.ts';
import { revokeSession } from '../sessions/store.ts';
import {
  currentPasswordThrottle,
  newAccountThrottle,
  signInPlaces,
  signInThrottle,
} from '../throttles/rules.ts';
import { beginChallenge } from '../totp/challenge.ts';
import { codeInput } from '../totp/rules.ts';
import { checkSecondFactor } from '../totp/second-factor.ts';
import { findTotp } from '../totp/store.ts';
import { newAccount, requireOpenRegistration } from '../users/new-account.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';
import { findUser, findUserByLogin, hasUsers, type UserRow } from '../users/store.ts';
import { takeGeneration } from './refresh.ts';
import { signUp } from './sign-up.ts';
import { findActiveToken } from './token-holder.ts';

/** What is told of an access token; of one that is not good nothing. */
export interface TokenStatus {
  readonly valid: boolean;
  readonly username: string | null;
  readonly expiresAt: Date | null;
}

const loginInput = z.object({
  username: z.string().max(254).describe('The username, or the e-mail address.'),
  password: passwordToCheck,
});

const throttle = signInThrottle(({ username }: z.output<typeof loginInput>) => username);

export const login = operation({
  name: 'login',
  isSignIn: true,
  description:
    'Signs in with a username or e-mail address and a password; asks whoever has a second factor for it.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  throttle,
  handle: async (ctx, input) => {
    const user = await checkPassword(ctx, input);
    return user.totpEnabledAt === null ? signIn(ctx, user) : beginChallenge(ctx, user);
  },
});

export const loginWithCookie = operation({
  name: 'loginWithCookie',
  isSignIn: true,
  description: 'Signs in and answers one opaque token for a cookie instead of a pair of JWTs.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  throttle,
  handle: async (ctx, input) => {
    const user = await checkPassword(ctx, input);
    return user.totpEnabledAt === null ? signInWithCookie(ctx, user) : beginChallenge(ctx, user);
  },
});

/** Unknown name and wrong password are one answer after the same work (ASVS 6.3.8). */
async function checkPassword(
  ctx: ThrottledContext,
  input: z.output<typeof loginInput>,
): Promise<UserRow> {
  const user = await findUserByLogin(ctx.db, input.username);
  const right = await verifyPassword(ctx, user?.passwordHash, input.password);
  if (!user || !right) throw await refused(ctx, 'INVALID_CREDENTIALS', user?.id);
  if (user.disabled) throw await refused(ctx, 'ACCOUNT_DISABLED', user.id);
  await ctx.attempt.succeeded(signInPlaces(ctx, user));
  const { id: userId, passwordHash: from } = user;
  if (from === null || !ctx.hasher.needsRehash(from)) return user;
  const to = await ctx.hasher.hash(input.password, ctx.request.signal);
  if (await rehashPassword(ctx.db, { userId, from, to })) {
    // eslint-disable-next-line no-restricted-syntax -- the new hash is one statement; nothing is audited
    ctx.changes.publish({ kind: 'user', userId });
    return { ...user, passwordHash: to };
  }
  // Another sign-in was faster, or another password took the place of this one.
  const renewed = await findUser(ctx.db, userId);
  const isRight = await verifyPassword(ctx, renewed?.passwordHash, input.password);
  if (!renewed || !isRight) throw await refused(ctx, 'INVALID_CREDENTIALS', userId);
  return renewed;
}

/** Writes a refusal down, with the same work whether there is such an account. */
async function refused(
  ctx: ThrottledContext,
  reason: 'INVALID_CREDENTIALS' | 'ACCOUNT_DISABLED',
  userId: string | undefined,
): Promise<AppError> {
  await recordAuditEvent(ctx, {
    action: 'auth.login_failed',
    outcome: 'failure',
    ...(userId !== undefined && { target: { type: 'user', id: userId } }),
    details: { reason },
  });
  return new AppError(reason);
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

export const reauthenticate = operation({
  name: 'reauthenticate',
  isSignIn: true,
  description:
    'Shows again who the caller is, as changes to how they sign in ask for: with the password, and with a code where there is a second factor. A new session takes the place of the calling one, whose tokens are refused from then on (ASVS 7.2.4).',
  input: z.object({
    password: passwordToCheck.describe('The current password.'),
    code: codeInput.nullish(),
  }),
  scopes: { authenticated: true },
  beforePasswordChange: true,
  fails: ['WRONG_PASSWORD', 'WRONG_CODE'],
  throttle: currentPasswordThrottle,
  handle: async (ctx, input) => {
    try {
      return await replaceSession(ctx, input);
    } catch (error) {
      if (error instanceof AppError && !isGeneric(error.code)) {
        const details = { reason: error.code };
        const entry = { action: 'auth.reauthentication_failed', details } as const;
        await recordAuditEvent(ctx, { ...entry, outcome: 'failure' });
      }
      throw error;
    }
  },
});

async function replaceSession(
  ctx: ThrottledContext,
  { password, code }: { readonly password: string; readonly code?: string | null | undefined },
): Promise<AuthPayload> {
  const { user, session } = inSession(ctx.actor);
  if (user.totpEnabledAt !== null && code == null) throw reauthenticationRequired(ctx);
  const right = await verifyPassword(ctx, user.passwordHash, password);
  if (!right) throw new AppError('WRONG_PASSWORD');
  const totp = user.totpEnabledAt === null ? undefined : await findTotp(ctx.db, user.id);
  const useSecondFactor = totp && checkSecondFactor(ctx, totp, code ?? '');
  const amr = useSecondFactor ? 'pwd otp' : 'pwd';

  const payload = await signIn(ctx, user, {
    amr,
    action: 'auth.reauthenticated',
    use: async (writes) => {
      const former = await revokeSession(writes.tx, { id: session.id, now: ctx.clock.now() });
      if (!former) throw new AppError('UNAUTHENTICATED');
      writes.ended([former]);
      await useSecondFactor?.(writes);
    },
  });
  await ctx.attempt.succeeded(signInPlaces(ctx, user));
  return payload;
}

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
