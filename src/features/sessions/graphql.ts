import { builder, GRANT, OPEN } from '../../graphql/builder.ts';
import { User } from '../users/graphql.ts';
import type { AuthPayload as AuthPayloadShape } from './sign-in.ts';

export const AuthPayload = builder.objectRef<AuthPayloadShape>('AuthPayload').implement({
  description: 'The tokens of a session (RFC 6749 section 5.1) and whom they belong to.',
  authScopes: OPEN,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer …`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'Exchange it for a new pair with `refresh`; each is good once.',
    }),
    tokenType: t.exposeString('tokenType', { description: 'Always `Bearer` (RFC 6750).' }),
    expiresIn: t.exposeInt('expiresIn', {
      description: 'Seconds that the access token lives, counted from when it was minted.',
    }),
    user: t.expose('user', {
      type: User,
      description: 'Whoever is signed in now.',
      grantScopes: GRANT,
    }),
  }),
});
