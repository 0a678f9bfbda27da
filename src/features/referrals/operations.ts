import { z } from 'zod';
import { signedIn } from '../../core/actor.ts';
import { addSeconds } from '../../adapters/clock.ts';
import { change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { operation } from '../../core/operation.ts';
import {
  type ListOrder,
  pageInput,
  textKey,
  timeKey,
  toPage,
  toPageRequest,
} from '../../core/page.ts';
import { signUp } from '../auth/sign-up.ts';
import { passwordInput, requireAcceptablePassword } from '../passwords/rules.ts';
import { lockCaller } from '../sessions/caller.ts';
import { signupThrottle, userTokenThrottle } from '../throttles/rules.ts';
import { accountOf, requireOpenRegistration } from '../users/new-account.ts';
import { displayNameInput, emailInput } from '../users/rules.ts';
import { isLiveToken, referrerOf, takeReferrer } from './referrer.ts';
import { newUserToken, RENEW_SECONDS, userTokenPurpose } from './rules.ts';
import { findUserTokenOf, insertUserToken, listUserTokens, type UserTokenRow } from './store.ts';

/** A token as its owner reads it. */
export interface OwnUserToken {
  readonly id: string;
  readonly userId: string;
  readonly token: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const tokenInput = z.string().max(64).describe('The ten characters that somebody gave out.');

export const createUserToken = operation({
  name: 'createUserToken',
  description:
    'A token of ten characters with which others make accounts by `signup`, referred by the caller. It is good for 15 days, any number of times; while more than three are left, asking again answers the same one. It signs nobody in.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx) => {
    const { id: userId } = signedIn(ctx.actor).user;
    const after = addSeconds(ctx.clock.now(), RENEW_SECONDS);
    const row = await change(ctx, async ({ tx, audit }) => {
      // Taken first: of many who ask at once all get what the first one made.
      await lockCaller(ctx, tx);
      const known = await findUserTokenOf(tx, { userId, after });
      if (known) return known;
      const made = await insertUserToken(tx, newUserToken(ctx, userId));
      const target = { type: 'user', id: userId };
      audit({ action: 'user_token.created', target });
      return made;
    });
    return { userToken: opened(ctx, row) };
  },
});

const LONGEST_FIRST: ListOrder<OwnUserToken, readonly [number, string]> = {
  name: 'user tokens',
  key: z.tuple([timeKey, textKey]),
  keyOf: ({ expiresAt, id }) => [expiresAt.getTime(), id],
};

export const userTokens = operation({
  name: 'userTokens',
  description: 'The referrer tokens of the caller that are good, the one that expires last first.',
  input: pageInput,
  scopes: { authenticated: true },
  fails: [],
  handle: async (ctx, page) => {
    const request = toPageRequest(LONGEST_FIRST, page);
    const of = { userId: signedIn(ctx.actor).user.id, now: ctx.clock.now() };
    const rows = await listUserTokens(ctx.db, of, request);
    return toPage(
      LONGEST_FIRST,
      request,
      rows.map((row) => opened(ctx, row)),
    );
  },
});

export const verifyUserToken = operation({
  name: 'verifyUserToken',
  description: 'Whether `signup` takes a referrer token at this moment.',
  input: z.object({ token: tokenInput }),
  scopes: { public: true },
  fails: [],
  throttle: userTokenThrottle,
  handle: async (ctx, { token }) => {
    const isLive = await isLiveToken(ctx, token);
    if (isLive) await ctx.attempt.succeeded();
    return isLive;
  },
});

export const signup = operation({
  name: 'signup',
  description:
    'Creates an account for whoever has a referrer token, in a tenant of its own, and signs it in. Closed by SELF_REGISTRATION=admin. Only who has a good token is told that an address is taken.',
  input: z.object({
    referrer: tokenInput,
    email: emailInput,
    password: passwordInput,
    name: displayNameInput.nullish(),
  }),
  scopes: { public: true },
  fails: [
    'REGISTRATION_CLOSED',
    'PASSWORD_REFUSED',
    'REFERRER_INVALID',
    'REFERRER_EXPIRED',
    'REFERRER_INACTIVE',
    'EMAIL_TAKEN',
  ],
  throttle: signupThrottle,
  handle: async (ctx, { referrer, ...input }) => {
    requireOpenRegistration(ctx);
    // Before the token is looked at: what ends here is not counted, and must tell nothing of it.
    requireAcceptablePassword(ctx.config, input.password, { ...input, hasSecondFactor: false });
    const referrerId = await referrerOf(ctx, referrer);
    const passwordHash = await ctx.hasher.hash(input.password, ctx.request.signal);
    return signUp(ctx, accountOf(ctx, input, passwordHash, { by: 'registration', referrerId }), {
      before: ({ tx }) => takeReferrer(ctx, tx, referrerId),
    });
  },
});

function opened({ secretBox }: Context, row: UserTokenRow): OwnUserToken {
  const { id, userId, createdAt, expiresAt } = row;
  const token = secretBox.open(row.token, userTokenPurpose(id));
  return { id, userId, token, createdAt, expiresAt };
}
