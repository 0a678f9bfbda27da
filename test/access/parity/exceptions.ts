import { ACTORS, type ActorName } from '../world.ts';

/** Where a document demands that an operation end otherwise at its doors. One that makes no difference fails. */
export interface Exception {
  /** As the doors have it that are excepted. */
  readonly operation: string;
  readonly tries: readonly string[];
  readonly actors: readonly ActorName[];
  /** What they say, and what others do; or the lines of effects in which they differ. */
  readonly differs: { readonly says: string; readonly for: readonly string[] } | RegExp;
  /** The document's rule. */
  readonly because: string;
}

const NOBODY = ['anonymous', 'ended', 'disabled'] as const;
/** Who looks after a tenant: the stranger after one of their own. */
const MANAGERS = ['stranger', 'tenantAdmin', 'tenantOwner'] as const;
const ABOUT_SOMEBODY = ['right', 'own', 'missing', "another tenant's"];
const SIGNED_IN = /"action":"auth\.login"|^Session \+|^User \+/;

const forManagers = (operation: string): Exception => ({
  operation,
  tries: ABOUT_SOMEBODY,
  actors: MANAGERS,
  differs: { says: 'FORBIDDEN', for: ['done', 'USER_NOT_FOUND', 'OWN_ACCOUNT'] },
  because: 'DUMB knows no tenants: whoever manages one account there manages all',
});

export const EXCEPTIONS: readonly Exception[] = [
  {
    operation: 'logout.ifSignedIn',
    tries: ['own', 'with a given password'],
    actors: [...NOBODY, 'apiKey'],
    differs: { says: 'done', for: ['UNAUTHENTICATED'] },
    because: 'QDash, POST /auth/logout: 200 whoever asks',
  },
  {
    operation: 'login.whileOn',
    tries: ['off'],
    actors: ACTORS,
    differs: { says: 'AUTH_OFF', for: ['done'] },
    because: 'DUMB, POST /api/auth/login: 401 while authentication is not enabled',
  },
  {
    operation: 'setup.first',
    tries: ['after setup, with nothing that is valid'],
    actors: ACTORS,
    differs: { says: 'SETUP_DONE', for: ['BAD_USER_INPUT'] },
    because: 'DUMB, POST /api/auth/setup: 400 once there are users, whatever is sent',
  },
  forManagers('updateUser.disabled'),
  forManagers('deleteUser.byName'),
  {
    operation: 'resetPassword.to',
    tries: ['a password that is too long'],
    actors: [...MANAGERS, 'tenantMember', 'projectViewer', 'projectEditor', 'projectOwner'],
    differs: { says: 'BAD_USER_INPUT', for: ['FORBIDDEN'] },
    because: 'QDash, a valid token of the wrong role and a bad body: 422 before 403',
  },
  {
    operation: 'createUser.signedIn',
    tries: ['right'],
    actors: ['systemAdmin'],
    differs: SIGNED_IN,
    because: 'QDash, POST /auth/register: answers a token of whoever was registered',
  },
  {
    operation: 'createFirstUser',
    tries: ['first'],
    actors: ACTORS,
    differs: SIGNED_IN,
    because: 'Quazzar Cloud OS, POST /api/auth/setup: answers the user and no token',
  },
];
