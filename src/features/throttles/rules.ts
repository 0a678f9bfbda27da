import type { Context } from '../../core/context.ts';
import type { Bucket, Buckets } from '../../core/throttle.ts';
import type { Throttle } from '../../core/operation.ts';
import { neighboursOf, networkOf } from '../../adapters/client-address.ts';
import { type Actor, callerId, inSession, systemRoleOf } from '../../core/actor.ts';
import { loginKey } from '../users/rules.ts';
import { shownDevice } from './device.ts';

/** By the login name as typed: an account must not be told from an unknown one by its throttle. */
export function signInBuckets(ctx: Context, login: string): Buckets {
  const { ipAddress } = ctx.request;
  const account = loginKey(login);
  const device = shownDevice(ctx, { login: account });
  return [
    signInPlace(account, ipAddress),
    { kind: 'signInNear', of: [account, neighboursOf(ipAddress)] },
    { kind: 'signInFrom', of: [networkOf(ipAddress)] },
    { kind: 'signInNewcomers', of: [account] },
    { kind: 'signInRepeaters', of: [account] },
    ...(device === undefined
      ? []
      : [
          { kind: 'signInDevice', of: [account, device] } as const,
          { kind: 'signInDevices', of: [account] } as const,
        ]),
  ];
}

function signInPlace(account: string, ipAddress: string): Bucket {
  return { kind: 'signInHere', of: [account, networkOf(ipAddress)] };
}

/** Where the request comes from, as the place of sign-ins to an account by each of its names. */
export function signInPlaces(
  { request }: Context,
  { username, email }: { readonly username: string | null; readonly email: string | null },
): readonly Bucket[] {
  return [username, email]
    .filter((name) => name !== null)
    .map((name) => signInPlace(loginKey(name), request.ipAddress));
}

/** By session: what a stranger does, even with another session of theirs, keeps nobody from it. */
export const currentPasswordThrottle: Throttle<unknown> = ({ actor }) => [
  { kind: 'currentPassword', of: [inSession(actor).session.id] },
];

export const newAccountThrottle: Throttle<unknown> = ({ request }) => [
  { kind: 'newAccount', of: [networkOf(request.ipAddress)] },
];

/** The first account, which takes the setup token: it is a guess at that as well. */
export const setupThrottle: Throttle<unknown> = (ctx) => [
  { kind: 'newAccount', of: [networkOf(ctx.request.ipAddress)] },
  ...setupTokenBuckets(ctx),
];

export function setupTokenBuckets({ request }: Context): Buckets {
  return [{ kind: 'setupToken', of: [networkOf(request.ipAddress)] }];
}
/**
 * Accounts and names that the caller gives to others: what a stranger may ask at `register`, and no more,
 * unless a system administrator asks.
 */
export const managedAccountThrottle: Throttle<unknown> = ({ actor, request }) => {
  const network = networkOf(request.ipAddress);
  const id = callerId(actor);
  if (systemRoleOf(actor) === 'ADMIN') return [{ kind: 'bulkAccounts', of: [id ?? network] }];
  return [
    { kind: 'newAccount', of: [network] },
    { kind: 'newAccountBy', of: [id ?? network] },
  ];
};

/** The same where an account may get another name. */
export const renameThrottle: Throttle<{ readonly username?: string | null | undefined }> = (
  ctx,
  input,
) => (input.username == null ? undefined : managedAccountThrottle(ctx, input));

/** A system administrator's own software makes a project for each of its users. */
export const newProjectThrottle: Throttle<unknown> = ({ actor, request }) => [
  {
    kind: systemRoleOf(actor) === 'ADMIN' ? 'bulkProjects' : 'newProject',
    of: [callerId(actor) ?? networkOf(request.ipAddress)],
  },
];

export const userTokenThrottle: Throttle<unknown> = ({ request }) => [userTokenBucket(request)];

/** A new account that takes a referrer token: it is a guess at that as well. */
export const signupThrottle: Throttle<unknown> = ({ request }) => [
  { kind: 'newAccount', of: [networkOf(request.ipAddress)] },
  userTokenBucket(request),
];

function userTokenBucket({ ipAddress }: Context['request']): Bucket {
  return { kind: 'userToken', of: [networkOf(ipAddress)] };
}

/** By address; a service that is who it says is not counted, however often it asks. */
export function serviceClientBuckets({ request }: Context): Buckets {
  return [{ kind: 'serviceClient', of: [networkOf(request.ipAddress)] }];
}

/** By what was typed, whether an account has that address or not. */
export const passwordResetThrottle: Throttle<{ readonly email: string }> = (
  { request: { ipAddress } },
  { email },
) => {
  const account = loginKey(email);
  const network = networkOf(ipAddress);
  return [
    { kind: 'passwordResetHere', of: [account, network] },
    { kind: 'passwordResetNear', of: [account, neighboursOf(ipAddress)] },
    { kind: 'passwordResetNewcomers', of: [account] },
    { kind: 'passwordResetRepeaters', of: [account] },
    { kind: 'passwordResetFrom', of: [network] },
  ];
};

export const sendEmailCodeThrottle: Throttle<unknown> = ({ actor }) => [emailCodesOf(actor)];

/** By the address too, whether an account has it or not; all that goes there has a budget (`mail/budget.ts`). */
export const changeEmailThrottle: Throttle<{ readonly email: string }> = ({ actor }, { email }) => [
  emailCodesOf(actor),
  { kind: 'newEmailTo', of: [inSession(actor).user.id, loginKey(email)] },
];

function emailCodesOf(actor: Actor): Bucket {
  return { kind: 'emailCodeOf', of: [inSession(actor).user.id] };
}

export const emailCodeThrottle: Throttle<unknown> = ({ request }) => [
  { kind: 'emailCode', of: [networkOf(request.ipAddress)] },
];

/**
 * By whose second factor it is, whichever challenge it answers: there are as many of those as there are
 * sign-ins with a right password. An answer to no challenge at all is nobody's.
 */
export function secondFactorBuckets(ctx: Context, userId: string | undefined): Buckets {
  const { ipAddress } = ctx.request;
  const network = networkOf(ipAddress);
  if (userId === undefined) return [{ kind: 'secondFactorHere', of: [network] }];
  const device = shownDevice(ctx, { userId });
  return [
    { kind: 'secondFactorHere', of: [userId, network] },
    { kind: 'secondFactorNear', of: [userId, neighboursOf(ipAddress)] },
    { kind: 'secondFactorNewcomers', of: [userId] },
    { kind: 'secondFactorRepeaters', of: [userId] },
    ...(device === undefined
      ? []
      : [
          { kind: 'secondFactorDevice', of: [userId, device] } as const,
          { kind: 'secondFactorDevices', of: [userId] } as const,
        ]),
  ];
}

/** By tenant, and by tenant and address: what another tenant does must not show. */
export const invitationThrottle: Throttle<{ readonly tenantId: string; readonly email: string }> = (
  _ctx,
  { tenantId, email },
) => [
  { kind: 'invitation', of: [tenantId] },
  { kind: 'invitationTo', of: [tenantId, loginKey(email)] },
];
