import { builder, offer, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import {
  logout,
  refresh,
  register,
  type TokenStatus as TokenStatusShape,
  verifyToken,
} from './operations.ts';

const LogoutPayload = builder.objectRef<{ readonly sessionId: string }>('LogoutPayload').implement({
  description: 'The caller is signed out.',
  extensions: OPEN,
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The session that has ended.' }),
  }),
});

const TokenStatus = builder.objectRef<TokenStatusShape>('TokenStatus').implement({
  description: 'What is told of an access token.',
  extensions: OPEN,
  fields: (t) => ({
    valid: t.exposeBoolean('valid', { description: 'Whether it is let in.' }),
    username: t.exposeString('username', {
      nullable: true,
      description:
        'The username of whoever has it, or their e-mail address where there is none. Null unless valid.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself. Null unless valid.',
    }),
  }),
});

builder.queryField('verifyToken', (t) =>
  t.field({
    type: TokenStatus,
    ...offer(verifyToken),
    args: { token: t.arg.string({ required: true, description: 'The access token.' }) },
    resolve: (_root, args, ctx) => verifyToken.run(ctx, args),
  }),
);

mutationOf(register, AuthPayload);
mutationOf(refresh, AuthPayload);
mutationOf(logout, LogoutPayload);
