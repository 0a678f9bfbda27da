import { builder, GRANT, OPEN } from '../../graphql/builder.ts';
import { failureType } from '../../graphql/failures.ts';
import { mutationOf } from '../../graphql/mutation.ts';
import { User } from '../users/graphql.ts';
import type { UserRow } from '../users/store.ts';
import { changePassword } from './operations.ts';
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

const ChangePasswordPayload = builder
  .objectRef<{ readonly user: UserRow; readonly revokedSessions: number }>('ChangePasswordPayload')
  .implement({
    description: 'The password is replaced.',
    authScopes: OPEN,
    fields: (t) => ({
      user: t.expose('user', { type: User, description: 'The caller.', grantScopes: GRANT }),
      revokedSessions: t.exposeInt('revokedSessions', {
        description: 'How many other sessions were ended with it.',
      }),
    }),
  });

mutationOf(changePassword, ChangePasswordPayload);
