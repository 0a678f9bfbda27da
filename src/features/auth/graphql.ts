import { builder, OPEN } from '../../graphql/builder.ts';
import { mutationOf } from '../../graphql/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import { TotpChallenge } from '../totp/graphql.ts';
import { login, logout, reauthenticate, refresh, register } from './operations.ts';

const LogoutPayload = builder.objectRef<{ readonly sessionId: string }>('LogoutPayload').implement({
  description: 'The caller is signed out.',
  authScopes: OPEN,
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The session that has ended.' }),
  }),
});

mutationOf(register, AuthPayload);
mutationOf(login, AuthPayload, { TotpChallenge });
mutationOf(reauthenticate, AuthPayload);
mutationOf(refresh, AuthPayload);
mutationOf(logout, LogoutPayload);
