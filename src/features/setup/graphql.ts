import { builder, offer, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { AuthPayload } from '../sessions/graphql.ts';
import { authStatus, disableAuth, enableAuth, setup, skipSetup } from './operations.ts';

interface Status {
  readonly enabled: boolean;
  readonly hasUsers: boolean;
  readonly setupTokenRequired: boolean;
  readonly setupSkipped: boolean;
  readonly selfRegistration: boolean;
}

const AuthStatus = builder.objectRef<Status>('AuthStatus').implement({
  description: 'What a front end needs to know before anyone has signed in.',
  extensions: OPEN,
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', {
      description: 'Whether requests have to say who calls. False: whoever calls may do anything.',
    }),
    hasUsers: t.exposeBoolean('hasUsers', { description: 'False until `setup` has been done.' }),
    setupTokenRequired: t.exposeBoolean('setupTokenRequired', {
      description: 'Whether `setup` has yet to be done and asks for the setup token.',
    }),
    setupSkipped: t.exposeBoolean('setupSkipped', {
      description: 'Whether `skipSetup` took the place of `setup`, which has yet to come.',
    }),
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

const payload = (name: string, description: string) =>
  builder.objectRef<{ readonly status: Status }>(name).implement({
    description,
    extensions: OPEN,
    fields: (t) => ({
      status: t.expose('status', { type: AuthStatus, description: 'As it is now.' }),
    }),
  });

mutationOf(setup, AuthPayload);
mutationOf(skipSetup, payload('SkipSetupPayload', 'Authentication is off.'));
mutationOf(enableAuth, payload('EnableAuthPayload', 'Authentication is on.'));
mutationOf(disableAuth, payload('DisableAuthPayload', 'Authentication is off.'));
