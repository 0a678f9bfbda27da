import { builder, GRANT, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import {
  createUserToken,
  type OwnUserToken,
  signup,
  userTokens,
  verifyUserToken,
} from './operations.ts';

const UserToken = builder.objectRef<OwnUserToken>('UserToken').implement({
  description: 'Lets whoever is told it sign up, referred by its owner.',
  extensions: GUARDED,
  fields: (t) => ({
    token: t.exposeString('token', { description: 'What `signup` takes as `referrer`.' }),
    userId: t.exposeID('userId', { description: 'The account of its owner.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it is good.' }),
  }),
});

const CreateUserTokenPayload = builder
  .objectRef<{ readonly userToken: OwnUserToken }>('CreateUserTokenPayload')
  .implement({
    description: 'There is a token to give out.',
    extensions: OPEN,
    fields: (t) => ({
      userToken: t.expose('userToken', {
        type: UserToken,
        description: 'A new one, or the one there was.',
        extensions: GRANT,
      }),
    }),
  });

builder.queryField('userTokens', (t) =>
  t.connection({
    type: UserToken,
    ...offer(userTokens),
    resolve: async (_root, page, ctx) => toConnection(await userTokens.run(ctx, page)),
  }),
);

builder.queryField('verifyUserToken', (t) =>
  t.boolean({
    ...offer(verifyUserToken),
    args: { token: t.arg.string({ required: true, description: 'What somebody gave out.' }) },
    resolve: (_root, args, ctx) => verifyUserToken.run(ctx, args),
  }),
);

mutationOf(createUserToken, CreateUserTokenPayload);
mutationOf(signup, AuthPayload);
