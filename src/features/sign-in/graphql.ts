import { builder, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import type { Challenge } from './challenge.ts';
import { completeLogin, login, reauthenticate } from './operations.ts';

const TotpChallenge = builder.objectRef<Challenge>('TotpChallenge').implement({
  description: 'The password was right; a second factor is asked for. Answer with `completeLogin`.',
  extensions: OPEN,
  fields: (t) => ({
    challengeToken: t.exposeString('challengeToken', {
      description: 'Goes into `completeLogin`, once.',
    }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds that there are to answer.' }),
  }),
});

mutationOf(login, AuthPayload, { TotpChallenge });
mutationOf(completeLogin, AuthPayload);
mutationOf(reauthenticate, AuthPayload);
