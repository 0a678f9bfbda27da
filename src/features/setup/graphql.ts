import { builder, offer, OPEN } from '../../graphql/builder.ts';
import { mutationOf } from '../../graphql/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import { authStatus, setup } from './operations.ts';

const AuthStatus = builder
  .objectRef<{ readonly hasUsers: boolean; readonly selfRegistration: boolean }>('AuthStatus')
  .implement({
    description: 'What a front end needs to know before anyone has signed in.',
    authScopes: OPEN,
    fields: (t) => ({
      hasUsers: t.exposeBoolean('hasUsers', { description: 'False until `setup` has been done.' }),
      selfRegistration: t.exposeBoolean('selfRegistration', {
        description: 'Whether `register` is open to strangers.',
      }),
    }),
  });

builder.queryField('authStatus', (t) =>
  t.field({
    type: AuthStatus,
    ...offer(authStatus),
    resolve: (_root, _args, ctx) => authStatus.run(ctx, {}),
  }),
);

mutationOf(setup, AuthPayload);
