import type { Context } from '../../context.ts';
import { networkOf } from '../../http/client-address.ts';
import { type Actor, inSession } from '../../access/actor.ts';
import { loginKey } from '../users/rules.ts';

/** From the n-th attempt in a row on, how long to wait for the next one, in seconds. */
export type Step = readonly [attempts: number, delaySeconds: number];

export interface ThrottleLaw {
  /** Ascending. Up to the first one nobody waits. */
  readonly delays: readonly Step[];
  /** How long after the last attempt and its delay nothing of them counts any more. */
  readonly forgetSeconds: number;
  /** Whether many share the place: a success there takes back its own attempt and no other. */
  readonly isShared?: true;
  /** Whether a success makes the place trusted. */
  readonly trusts?: true;
  /** Whether those who come from a trusted place are not asked. */
  readonly strangersOnly?: true;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
/** How long a place stays trusted after the last attempt from there. */
export const TRUST_SECONDS = 90 * DAY;

/** So many attempts are free; then the wait doubles from half a minute. */
function doubling(free: number, maxSeconds: number): readonly Step[] {
  const steps: Step[] = [];
  let delay = MINUTE / 2;
  for (let at = free; delay < maxSeconds; at++, delay *= 2) steps.push([at, delay]);
  return [...steps, [free + steps.length, maxSeconds]];
}

/**
 * Every throttle there is. Waits of half a minute to an hour are those that NIST SP 800-63B-4 section
 * 3.2.2 names; people who mistype are through before they begin.
 */
export const THROTTLES = {
  /** An account from one address. */
  signInHere: { delays: doubling(5, HOUR), forgetSeconds: DAY, trusts: true },
  /** One address, whichever account: an office shares it, and an attacker has a list. */
  signInFrom: {
    delays: doubling(100, 15 * MINUTE),
    forgetSeconds: DAY,
    isShared: true,
    strangersOnly: true,
  },
  /**
   * An account from wherever it was not signed in before: an attacker has many addresses. After a
   * hundred in a row, NIST's limit, strangers have one attempt a day.
   */
  signInAnywhere: {
    delays: [...doubling(10, HOUR), [100, DAY]],
    forgetSeconds: 30 * DAY,
    strangersOnly: true,
  },
  /** The current password, asked of somebody who is signed in: a borrowed session guesses. */
  currentPassword: { delays: doubling(5, HOUR), forgetSeconds: DAY },
  /** The second factor of an account from one address: whoever gets so far has its password. */
  secondFactorHere: { delays: doubling(5, HOUR), forgetSeconds: DAY, trusts: true },
  /** The same from wherever it was not shown before (RFC 4226 section 7.3). */
  secondFactorAnywhere: {
    delays: [...doubling(10, HOUR), [100, DAY]],
    forgetSeconds: 30 * DAY,
    strangersOnly: true,
  },
  /** New accounts from one address; each costs a hash, and tells whether a name is taken. */
  newAccount: { delays: doubling(50, 15 * MINUTE), forgetSeconds: DAY },
  /** Setup tokens from one address. */
  setupToken: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Referrer tokens from one address: each tells whether there is such a one. */
  userToken: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY, isShared: true },
  /** Links to reset a password, to one address: each is a mail that nobody may have asked for. */
  passwordResetTo: { delays: [[3, HOUR]], forgetSeconds: DAY },
  /** The same from one address. */
  passwordResetFrom: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Codes that somebody has mailed, to whichever address; each lets them guess five times. */
  emailCodeOf: {
    delays: [
      [3, 10 * MINUTE],
      [6, HOUR],
    ],
    forgetSeconds: DAY,
  },
  /** The same to one address that is not theirs yet. */
  newEmailTo: { delays: [[3, HOUR]], forgetSeconds: DAY },
  /** Codes that are tried from one address. */
  emailCode: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY, isShared: true },
  /** Services that do not show who they are, by address: each is written down. */
  serviceClient: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Invitations of a tenant: whoever has one could have mail sent to anybody. */
  invitation: {
    delays: [
      [30, MINUTE],
      [100, 10 * MINUTE],
    ],
    forgetSeconds: DAY,
  },
  /** The same of one address: a new invitation sends another mail. */
  invitationTo: { delays: [[5, HOUR]], forgetSeconds: DAY },
} as const satisfies Record<string, ThrottleLaw>;

export type ThrottleKind = keyof typeof THROTTLES;

/** One count: which law it obeys, and of whom or what it is. */
export interface Bucket {
  readonly kind: ThrottleKind;
  readonly of: readonly string[];
}

/** The first is an attempt's own; its trust excuses it from the strangers'. */
export type Buckets = readonly [Bucket, ...Bucket[]];

/** What an attempt counts against. */
export type Throttle<I> = (ctx: Context, input: I) => Buckets | Promise<Buckets>;

/**
 * By what was typed to say who it is, whether there is such an account or not: an unknown one must not
 * be told by its throttle.
 */
export function signInThrottle<I>(accountOf: (input: I) => string): Throttle<I> {
  return ({ request }, input) => {
    const account = loginKey(accountOf(input));
    const network = networkOf(request.ipAddress);
    return [
      { kind: 'signInHere', of: [account, network] },
      { kind: 'signInFrom', of: [network] },
      { kind: 'signInAnywhere', of: [account] },
    ];
  };
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
  { request },
  { email },
) => [
  { kind: 'passwordResetTo', of: [loginKey(email)] },
  { kind: 'passwordResetFrom', of: [networkOf(request.ipAddress)] },
];

export const sendEmailCodeThrottle: Throttle<unknown> = ({ actor }) => [emailCodesOf(actor)];

/** By the address too, whether an account has it or not. */
export const changeEmailThrottle: Throttle<{ readonly email: string }> = ({ actor }, { email }) => [
  emailCodesOf(actor),
  { kind: 'newEmailTo', of: [loginKey(email)] },
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
export function secondFactorBuckets({ request }: Context, userId: string | undefined): Buckets {
  const network = networkOf(request.ipAddress);
  if (userId === undefined) return [{ kind: 'secondFactorHere', of: [network] }];
  return [
    { kind: 'secondFactorHere', of: [userId, network] },
    { kind: 'secondFactorAnywhere', of: [userId] },
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
