import { builder, offer, OPEN } from '../../graphql/builder.ts';
import { mutationOf } from '../../graphql/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import { TotpChallenge } from '../totp/graphql.ts';
import { login, logout, reauthenticate, refresh, register } from './operations.ts';
import { verifyToken } from './token-operations.ts';

const LogoutPayload = builder.objectRef<{ readonly sessionId: string }>('LogoutPayload').implement({
  description: 'The caller is signed out.',
  authScopes: OPEN,
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The session that has ended.' }),
  }),
});

const TokenVerdict = builder
  .objectRef<{ readonly valid: boolean; readonly username: string | null }>('TokenVerdict')
  .implement({
    description: 'What there is to say of a token.',
    authScopes: OPEN,
    fields: (t) => ({
      valid: t.exposeBoolean('valid', { description: 'Whether it lets its holder in.' }),
      username: t.exposeString('username', {
        nullable: true,
        description: 'Whose it is; null where it is not valid.',
      }),
    }),
  });

builder.queryField('verifyToken', (t) =>
  t.field({
    type: TokenVerdict,
    ...offer(verifyToken),
    args: { token: t.arg.string({ required: true, description: 'The access token.' }) },
    resolve: (_root, args, ctx) => verifyToken.run(ctx, args),
  }),
);

mutationOf(register, AuthPayload);
mutationOf(login, AuthPayload, { TotpChallenge });
mutationOf(reauthenticate, AuthPayload);
mutationOf(refresh, AuthPayload);
mutationOf(logout, LogoutPayload);
