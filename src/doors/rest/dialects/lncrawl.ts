import { login } from '../../../features/sign-in/operations.ts';
import { sendEmailOtp, verifyEmailOtp } from '../../../features/email/operations.ts';
import {
  changePassword,
  completePasswordReset,
  meOrHolder,
  requestPasswordReset,
} from '../../../features/passwords/operations.ts';
import {
  createUserToken,
  signup,
  userTokens,
  verifyUserToken,
} from '../../../features/referrals/operations.ts';
import type { AuthPayload } from '../../../features/sign-in/begin-session.ts';
import { completeLogin } from '../../../features/sign-in/operations.ts';
import { updateProfile } from '../../../features/users/operations.ts';
import { type Asked, type Reply, row } from '../dialect.ts';
import { fastApi, faultOf, type Sayings, secondFactorWanted } from '../fastapi.ts';
import { everything } from '../lists.ts';
import { from } from '../fields.ts';
import { TICKET, TOTP_ANSWER } from '../sign-in.ts';

export interface Reader {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly name: string;
  readonly systemRole: string;
  readonly disabled: boolean;
  readonly emailVerifiedAt: Date | null;
  readonly referrerId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The document's user; times are UNIX milliseconds. */
export const reader = (person: Reader) => ({
  id: person.id,
  created_at: person.createdAt.getTime(),
  updated_at: person.updatedAt.getTime(),
  extra: {},
  referrer_id: person.referrerId,
  email: person.email ?? person.username,
  name: person.name,
  role: person.systemRole.toLowerCase(),
  // The product's own ranks of readers; this server knows none.
  tier: 0,
  is_active: !person.disabled,
  is_verified: person.emailVerifiedAt !== null,
});

const ok = (body: unknown): Reply => ({ status: 200, body });
const done = (): Reply => ok(true);

const signedIn = ({ accessToken, user }: AuthPayload): Reply =>
  ok({ token: accessToken, user: reader(user) });

const inBoth = (text: string) => ({ error: text, detail: text });

function refusedAtFirst(challengeToken: string): Reply {
  const { status, body } = secondFactorWanted(challengeToken, '/api/auth/totp/verify');
  return { status, body: { ...inBoth(body.detail), ...body } };
}

const INACTIVE = { status: 403, text: 'User is inactive' };
const UNAUTHORIZED = { status: 401, text: 'Unauthorized' };

const SAYINGS: Sayings = {
  UNAUTHENTICATED: (_error, asked: Asked) =>
    faultOf(asked) === 'ACCOUNT_DISABLED' ? INACTIVE : UNAUTHORIZED,
  INVALID_CREDENTIALS: UNAUTHORIZED,
  RESET_TOKEN_INVALID: UNAUTHORIZED,
  ACCOUNT_DISABLED: INACTIVE,
  REFERRER_INVALID: { status: 403, text: 'Invalid token' },
  REFERRER_EXPIRED: { status: 403, text: 'Token expired' },
  REFERRER_INACTIVE: INACTIVE,
  EMAIL_TAKEN: { status: 409, text: 'User already exists' },
  EMAIL_ALREADY_VERIFIED: { text: 'Email is already verified' },
  EMAIL_OTP_INVALID: UNAUTHORIZED,
  WRONG_CODE: (_error, { row: asked }) =>
    asked?.operation.name === verifyEmailOtp.name ? { status: 403, text: 'Wrong OTP' } : undefined,
};

/** Lightnovel Crawler: e-mail addresses, one token, `true` for what was done. */
export const lncrawl = fastApi({
  name: 'lncrawl',
  title: 'Lightnovel Crawler',
  about: 'Accounts by e-mail address, one token, referrer tokens, and `true` for what was done.',
  sayings: SAYINGS,
  body: inBoth,
  rows: [
    row({
      method: 'POST',
      path: '/api/auth/login',
      operation: login,
      input: from({ json: { email: 'username', password: 'password' } }),
      example: { email: 'admin', password: 'admin' },
      reply: (result) =>
        'state' in result ? refusedAtFirst(result.challengeToken) : signedIn(result),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/verify',
      operation: completeLogin,
      input: TOTP_ANSWER,
      example: TICKET,
      reply: signedIn,
    }),
    row({
      method: 'POST',
      path: '/api/auth/signup',
      operation: signup,
      input: from({
        json: { referrer: 'referrer', email: 'email', password: 'password', name: 'name' },
      }),
      example: {
        referrer: 'Xy7kQ2mPaB',
        email: 'reader@example.com',
        password: 'a long passphrase',
        name: 'Reader',
      },
      reply: signedIn,
    }),
    row({
      method: 'GET',
      path: '/api/auth/me',
      operation: meOrHolder,
      // The page behind a reset link asks with the link's token whose password it is.
      input: from({ bearer: { token: 'token' } }),
      reply: ({ user }) => ok(reader(user)),
    }),
    row({
      method: 'PUT',
      path: '/api/auth/me/name',
      operation: updateProfile,
      input: from({ json: { name: 'name' } }),
      example: { name: 'Reader' },
      reply: done,
    }),
    row({
      method: 'PUT',
      path: '/api/auth/me/password',
      operation: changePassword,
      input: from({
        json: {
          old_password: 'currentPassword',
          current_password: 'currentPassword',
          new_password: 'newPassword',
        },
      }),
      example: { old_password: 'a long passphrase', new_password: 'a longer passphrase' },
      reply: done,
    }),
    row({
      method: 'POST',
      path: '/api/auth/send-password-reset-link',
      operation: requestPasswordReset,
      input: from({ json: { email: 'email' } }),
      example: { email: 'reader@example.com' },
      reply: done,
    }),
    row({
      method: 'POST',
      path: '/api/auth/reset-password-with-token',
      operation: completePasswordReset,
      input: from({ bearer: { token: 'token' }, json: { password: 'password' } }),
      example: { password: 'a longer passphrase' },
      reply: done,
    }),
    row({
      method: 'POST',
      path: '/api/auth/me/send-otp',
      operation: sendEmailOtp,
      reply: ({ token }) => ok({ token }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/verify-otp',
      operation: verifyEmailOtp,
      input: from({ form: { otp: 'otp', token: 'token' } }),
      example: { otp: '123456', token: 'v5Yt0lqJ8hWc' },
      reply: done,
    }),
    row({
      method: 'POST',
      path: '/api/auth/me/create-token',
      operation: createUserToken,
      reply: ({ userToken }) => ok({ token: userToken.token }),
    }),
    row({
      method: 'GET',
      path: '/api/auth/verify-token',
      operation: verifyUserToken,
      input: from({ query: { token: 'token' } }),
      example: { token: 'Xy7kQ2mPaB' },
      reply: ok,
    }),
    row({
      method: 'POST',
      path: '/api/auth/me/tokens',
      operation: userTokens,
      input: from({}, { first: 100 }),
      reply: async (result, _request, ask) => {
        const all = await everything(result, ask, userTokens, {});
        const body = all.map(({ token, userId, expiresAt }) => ({
          token,
          user_id: userId,
          expires_at: expiresAt.getTime(),
        }));
        return ok(body);
      },
    }),
  ],
});
