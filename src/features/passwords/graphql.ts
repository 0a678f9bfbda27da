import { builder, GRANT, OPEN } from '../../graphql/builder.ts';
import { mutationOf } from '../../graphql/mutation.ts';
import { User } from '../users/graphql.ts';
import type { UserRow } from '../users/store.ts';
import { changePassword } from './operations.ts';

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
