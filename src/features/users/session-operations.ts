import { z } from 'zod';
import { operation } from '../../core/operation.ts';
import { passwordInput } from '../passwords/rules.ts';
import { signIn } from '../sign-in/begin-session.ts';
import { PASSWORD } from '../sign-in/password.ts';
import { managedAccountThrottle } from '../throttles/rules.ts';
import { createAccount } from './change.ts';
import { ABOVE_LOWEST } from './operations.ts';
import { displayNameInput, usernameInput } from './rules.ts';

export const createSignedInUser = operation({
  name: 'createUser.signedIn',
  description:
    'Makes an account for somebody and signs it in, for system administrators alone: they hand its tokens over.',
  input: z.object({
    username: usernameInput,
    password: passwordInput,
    name: displayNameInput.nullish(),
    createDefaultProject: z
      .boolean()
      .nullish()
      .describe('Whether they get a project of their own; true unless told.'),
  }),
  scopes: { permission: 'users:create', freshFor: ABOVE_LOWEST },
  fails: ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'PASSWORD_REFUSED', 'TENANT_NOT_FOUND'],
  throttle: managedAccountThrottle,
  repeatable: true,
  handle: async (ctx, input) =>
    signIn(ctx, await createAccount(ctx, input), { by: [PASSWORD], isHandedOver: true }),
});
