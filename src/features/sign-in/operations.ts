import { z } from 'zod';
import { operation, type Throttle } from '../../core/operation.ts';
import { passwordToCheck } from '../passwords/rules.ts';
import { currentPasswordThrottle } from '../throttles/rules.ts';
import { codeInput } from '../totp/rules.ts';
import { signIn, signInWithCookie } from './begin-session.ts';
import { answerChallenge, challengeThrottle, signInOrChallenge } from './challenge.ts';
import { checkLogin } from './login.ts';
import { PASSWORD } from './password.ts';
import { stepUp } from './step-up.ts';

const loginInput = z.object({
  username: z.string().max(254).describe('The username, or the e-mail address.'),
  password: passwordToCheck,
});

const loginThrottle: Throttle<z.output<typeof loginInput>> = (ctx, { username }) =>
  PASSWORD.throttle(ctx, username);

export const login = operation({
  name: 'login',
  isSignIn: true,
  description:
    'Signs in with a username or e-mail address and a password; asks whoever has a second factor for it.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  throttle: loginThrottle,
  handle: async (ctx, input) => {
    const user = await checkLogin(ctx, input);
    return signInOrChallenge(ctx, user, () => signIn(ctx, user));
  },
});

export const loginWithCookie = operation({
  name: 'loginWithCookie',
  isSignIn: true,
  description: 'Signs in and answers one opaque token for a cookie instead of a pair of JWTs.',
  input: loginInput,
  scopes: { public: true },
  fails: ['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED'],
  throttle: loginThrottle,
  handle: async (ctx, input) => {
    const user = await checkLogin(ctx, input);
    return signInOrChallenge(ctx, user, () => signInWithCookie(ctx, user));
  },
});

const challengeInput = z.object({
  challengeToken: z.string().max(128).describe('What `login` answered.'),
  code: codeInput,
});

export const completeLogin = operation({
  name: 'completeLogin',
  isSignIn: true,
  description:
    'Completes a sign-in that `login` answered with a `TotpChallenge`: with a code of the authenticator app or a recovery code. Five tries in five minutes.',
  input: challengeInput,
  scopes: { public: true },
  fails: ['CHALLENGE_INVALID', 'WRONG_CODE', 'ACCOUNT_DISABLED'],
  throttle: challengeThrottle,
  handle: (ctx, input) => answerChallenge(ctx, input, (user, proof) => signIn(ctx, user, proof)),
});

export const completeLoginWithCookie = operation({
  name: 'completeLoginWithCookie',
  isSignIn: true,
  description: 'The same for a client that keeps one opaque token in a cookie.',
  input: challengeInput,
  scopes: { public: true },
  fails: ['CHALLENGE_INVALID', 'WRONG_CODE', 'ACCOUNT_DISABLED'],
  throttle: challengeThrottle,
  handle: (ctx, input) =>
    answerChallenge(ctx, input, (user, proof) => signInWithCookie(ctx, user, proof)),
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
  handle: stepUp,
});
