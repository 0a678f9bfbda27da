import { builder, GRANT, OPEN } from '../../schema/builder.ts';
import { failureType } from '../../schema/failures.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { User } from '../users/graphql.ts';
import {
  changePassword,
  completePasswordReset,
  requestPasswordReset,
  resetPassword,
} from './operations.ts';
import type { PasswordChanged } from './change.ts';
import type { PasswordRefusal } from './rules.ts';

const PasswordRefusalEnum = builder.enumType('PasswordRefusal', {
  description: 'Which rule a new password breaks.',
  values: {
    TOO_SHORT: { description: 'Fewer characters than the policy asks for.' },
    TOO_LONG: { description: 'More than 256 characters.' },
    COMMON: { description: 'On the list of common and breached passwords, or close to one on it.' },
    CONTEXT_WORD: { description: 'Little more than a name of the person or of the service.' },
  } satisfies Record<PasswordRefusal, { description: string }>,
});

builder.objectFields(failureType('PASSWORD_REFUSED'), (t) => ({
  reason: t.field({
    type: PasswordRefusalEnum,
    description: 'Which rule it breaks.',
    resolve: ({ details }) => details.reason as PasswordRefusal,
  }),
}));

const REVOKED = 'How many sessions were ended with it.';
const REVOKED_KEYS = 'How many API keys were ended with it.';

const ChangePasswordPayload = builder
  .objectRef<PasswordChanged>('ChangePasswordPayload')
  .implement({
    description: 'The password is replaced.',
    extensions: OPEN,
    fields: (t) => ({
      user: t.expose('user', { type: User, description: 'The caller.', extensions: GRANT }),
      revokedSessions: t.exposeInt('revokedSessions', {
        description: 'How many other sessions were ended with it.',
      }),
      revokedApiKeys: t.exposeInt('revokedApiKeys', { description: REVOKED_KEYS }),
    }),
  });

const ResetPasswordPayload = builder.objectRef<PasswordChanged>('ResetPasswordPayload').implement({
  description: 'The password is replaced, or a link to choose one is on its way.',
  extensions: OPEN,
  fields: (t) => ({
    user: t.expose('user', { type: User, description: 'Whose it is.', extensions: GRANT }),
    revokedSessions: t.exposeInt('revokedSessions', { description: REVOKED }),
    revokedApiKeys: t.exposeInt('revokedApiKeys', { description: REVOKED_KEYS }),
  }),
});

const RequestPasswordResetPayload = builder
  .objectRef<{ readonly email: string }>('RequestPasswordResetPayload')
  .implement({
    description: 'A link is on its way, if an account has the address.',
    extensions: OPEN,
    fields: (t) => ({
      email: t.exposeString('email', { description: 'The address, as it was given.' }),
    }),
  });

const CompletePasswordResetPayload = builder
  .objectRef<Omit<PasswordChanged, 'user'>>('CompletePasswordResetPayload')
  .implement({
    description: 'The password is replaced. Sign in with it.',
    extensions: OPEN,
    fields: (t) => ({
      revokedSessions: t.exposeInt('revokedSessions', { description: REVOKED }),
      revokedApiKeys: t.exposeInt('revokedApiKeys', { description: REVOKED_KEYS }),
    }),
  });

mutationOf(changePassword, ChangePasswordPayload);
mutationOf(resetPassword, ResetPasswordPayload);
mutationOf(requestPasswordReset, RequestPasswordResetPayload);
mutationOf(completePasswordReset, CompletePasswordResetPayload);
