import { z } from 'zod';
import { operation } from '../../core/operation.ts';
import {
  changeEmailThrottle,
  emailCodeThrottle,
  sendEmailCodeThrottle,
  signInPlaces,
} from '../throttles/rules.ts';
import { emailInput } from '../users/rules.ts';
import { findUserByLogin } from '../users/store.ts';
import { sendChangeCode, sendCode } from './send.ts';
import { useCode } from './verify.ts';

export const sendEmailOtp = operation({
  name: 'sendEmailOtp',
  description:
    'Mails the caller a code of six digits, to show that their address is theirs. It is good once, for ten minutes and five tries, until a newer one is sent.',
  input: z.object({}),
  scopes: { authenticated: true },
  fails: ['EMAIL_MISSING', 'EMAIL_ALREADY_VERIFIED'],
  throttle: sendEmailCodeThrottle,
  handle: (ctx) => sendCode(ctx),
});

export const changeEmail = operation({
  name: 'changeEmail',
  description:
    'Mails a code to the address that the caller wants to have; it becomes theirs, proven, once `verifyEmailOtp` gets the code. The answer is the same where another account has the address, and nobody gets a code then.',
  input: z.object({ email: emailInput.describe('The e-mail address from then on.') }),
  scopes: { authenticated: true, fresh: 'session' },
  fails: [],
  throttle: changeEmailThrottle,
  handle: (ctx, { email }) => sendChangeCode(ctx, email),
});

export const verifyEmailOtp = operation({
  name: 'verifyEmailOtp',
  description:
    'Shows the code of a mail: the address that it went to is proven from now on, and after `changeEmail` it is the one of the account, to whose former one a mail goes. The token says whose it is: nobody has to be signed in.',
  input: z.object({
    token: z.string().max(128).describe('What `sendEmailOtp` or `changeEmail` answered.'),
    otp: z.string().trim().max(64).describe('The six digits in the mail.'),
  }),
  scopes: { public: true },
  fails: ['EMAIL_OTP_INVALID', 'WRONG_CODE', 'EMAIL_TAKEN'],
  throttle: emailCodeThrottle,
  handle: async (ctx, input) => {
    const email = await useCode(ctx, input);
    const user = await findUserByLogin(ctx.db, email);
    if (user) await ctx.throttles.trust(signInPlaces(ctx, user));
    return { email };
  },
});
